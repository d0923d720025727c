/** Milliseconds that either end gives the other to get on with a closing handshake; then it is lost. As `ws` has it. */
export const DEFAULT_CLOSE_TIMEOUT_MS = 30_000

/** Bytes of UTF-8 that the reason of a Close frame may have (RFC 6455, section 5.5: a control frame carries 125). */
export const MAX_REASON_BYTES = 123

/** The code that a `CloseEvent` shows for a Close frame without one. */
export const NO_STATUS_CODE = 1005

/** The code that a `CloseEvent` shows for a connection that ended without a Close frame. */
export const ABNORMAL_CODE = 1006

/** The code for a message that is longer than its receiver takes. */
export const TOO_BIG_CODE = 1009

/** Whether a page may give that code to `close`, by the WHATWG WebSockets standard. */
export function isPageCloseCode(code: number): boolean {
  return code === 1000 || (code >= 3000 && code <= 4999)
}

/** Whether a server may put that code in its Close frame: those of RFC 6455 that are not only for a local report. */
export function isServerCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999)
}
