/**
 * Milliseconds that the closing handshake may go without progress before the connection is lost. The same as
 * in `ws`.
 */
export const DEFAULT_CLOSE_TIMEOUT_MS = 30_000

/**
 * The longest reason of a Close frame, in bytes of UTF-8 (RFC 6455, section 5.5: 125 bytes, of which the code
 * takes two).
 */
export const MAX_REASON_BYTES = 123

/** The code of a `CloseEvent` for a Close frame without a code. */
export const NO_STATUS_CODE = 1005

/** The code of a `CloseEvent` for a connection that ended without a Close frame. */
export const ABNORMAL_CODE = 1006

/** The code for a message that is longer than its receiver accepts. */
export const TOO_BIG_CODE = 1009

/** Whether a page may pass this code to `close` (WHATWG WebSockets standard). */
export function isPageCloseCode(code: number): boolean {
  return code === 1000 || (code >= 3000 && code <= 4999)
}

/** Whether a server may send this code in a Close frame: RFC 6455 reserves some codes for local use. */
export function isServerCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999)
}
