/**
 * Why a connection ended. `eof`, reported as `EOF`, means that the remote ended its stream in order and that
 * all its bytes were delivered.
 */
export type CloseReason =
  | { kind: 'eof' }
  /** The client sent Close. */
  | { kind: 'closed' }
  /** The client stopped the listener that the connection came from. */
  | { kind: 'listener-stopped' }
  /** The client sent Close, but the remote did not receive everything that was sent. */
  | { kind: 'not-flushed' }
  | { kind: 'reset' }
  | { kind: 'lost'; link: string }
  | { kind: 'limit'; link: string }
  | { kind: 'frame-too-large'; frameBytes: number; maxFrameBytes: number }
  | { kind: 'partial-frame'; gotBytes: number; frameBytes: number }
  | { kind: 'too-slow'; maxBytes: number }
  /** The remote exceeded a bound of its stream. */
  | { kind: 'stream-bound'; message: string }
  | { kind: 'relay-stopped' }

/** Returns the text of the reason for Connection Closed. */
export function describeCloseReason(reason: CloseReason): string {
  switch (reason.kind) {
    case 'eof':
      return 'EOF'
    case 'closed':
      return 'closed'
    case 'listener-stopped':
      return 'the listener was stopped'
    case 'not-flushed':
      return 'closed, but the other side did not receive everything that was sent'
    case 'reset':
      return 'the other side reset the stream'
    case 'lost':
      return `connection lost: ${reason.link}`
    case 'limit':
      return `the circuit relay's limit was reached: ${reason.link}`
    case 'frame-too-large':
      return `a frame of ${reason.frameBytes} bytes is over the limit of ${reason.maxFrameBytes}`
    case 'partial-frame':
      return `the stream ended inside a frame: ${reason.gotBytes} of ${reason.frameBytes} bytes had arrived`
    case 'too-slow':
      return `the page did not read: over ${reason.maxBytes} bytes were waiting, on a link that cannot be slowed down`
    case 'stream-bound':
      return reason.message
    case 'relay-stopped':
      return 'the relay is going away'
    default:
      return reason satisfies never
  }
}
