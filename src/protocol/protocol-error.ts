/** The stable codes of {@link ProtocolError}. */
export type ProtocolErrorCode =
  /** The message is empty. */
  | 'ERR_EMPTY_MESSAGE'
  /** The first byte is not an opcode of this direction. */
  | 'ERR_UNKNOWN_OPCODE'
  /** A field is truncated, missing or invalid. */
  | 'ERR_MALFORMED_MESSAGE'
  /** A field is too long, out of range, or not part of the form. */
  | 'ERR_NOT_ENCODABLE'
  /** The text is not ascii85. */
  | 'ERR_INVALID_ASCII85'
  /** The connect string or peer address is damaged. */
  | 'ERR_INVALID_CONNECT_STRING'
  /** The string of the 2020 chat is valid, but names no room that can be joined from here. */
  | 'ERR_NO_INVITATION'

/** The error of the codecs. `message` names the field, and `code` is stable. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ProtocolErrorCode

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Characters shown of a quoted value. */
const MAX_QUOTED_LENGTH = 80

/** Quotes an untrusted value for an error message, as shortened JSON. */
export function quote(value: unknown): string {
  // Undefined for a value that has no JSON, such as a function, which the type doesn't say.
  const json = JSON.stringify(value) as string | undefined
  const text = json ?? String(value)
  return text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}…` : text
}
