/**
 * Limits of a control socket over `ws`. They are in a file of their own, so that the types of the server
 * don't refer to those of `ws`, which the package doesn't install.
 */
export interface WsControlSocketInit {
  highWaterBytes?: number
  maxBufferedBytes?: number
  maxUnsettledBytes?: number
  turnBytes?: number
  /** Receives one line about unexpected failures, such as a handler that throws. */
  warn: (line: string) => void
}
