/** What is wrong with the bytes or the text. */
export type ProtocolErrorCode =
  /** A message of no bytes. */
  | 'ERR_EMPTY_MESSAGE'
  /** The first byte names no message of this direction. */
  | 'ERR_UNKNOWN_OPCODE'
  /** A field is cut short, left out, or has a value it cannot have. */
  | 'ERR_MALFORMED_MESSAGE'
  /** A field does not fit its place on the wire. */
  | 'ERR_NOT_ENCODABLE'
  /** Text that is not ascii85. */
  | 'ERR_INVALID_ASCII85'
  /** A connect string or peer address that is damaged. */
  | 'ERR_INVALID_CONNECT_STRING'
  /** A string of the 2020 chat that is whole, and leads to no room from here. */
  | 'ERR_NO_INVITATION'

/** The one error that decoding and encoding throw: `message` names the field, `code` is stable. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ProtocolErrorCode

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Characters of a quoted value; the rest of a longer one is left out. */
const MAX_QUOTED_LENGTH = 80

/** A value from outside as an error shows it: JSON, shortened. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}…` : text
}
