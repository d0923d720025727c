import { MAX_REASON_BYTES, isServerCloseCode } from '../close-frame.ts'
import type { CloseMessage } from '../messages.ts'

const encoder = new TextEncoder()

/**
 * Returns the Close frame for the arguments of a server's `close`. Throws InvalidAccessError for a code that
 * a server may not send, and SyntaxError for a reason that is too long.
 */
export function serverClose(code: number | undefined, reason: string): CloseMessage {
  if (code !== undefined && !isServerCloseCode(code)) {
    throw new DOMException(`A server can't close with the code ${code}`, 'InvalidAccessError')
  }
  if (encoder.encode(reason).byteLength > MAX_REASON_BYTES) {
    throw new DOMException(`The reason is longer than ${MAX_REASON_BYTES} bytes`, 'SyntaxError')
  }
  // A reason without a code can't travel in a Close frame.
  return code === undefined ? { type: 'close', reason: '' } : { type: 'close', code, reason }
}
