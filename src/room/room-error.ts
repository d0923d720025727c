/** The stable codes of {@link RoomError}. Each is explained in `docs/rooms.md`. */
export type RoomErrorCode =
  /** The name, scope, secret, message or another argument can't be used. */
  | 'ERR_INVALID_ARGUMENT'
  /** Another page has the room's name, but not the same secret. */
  | 'ERR_WRONG_SECRET'
  /** The room has no free place for a further member. */
  | 'ERR_ROOM_FULL'
  /** A member speaks another version of the rooms' protocol. */
  | 'ERR_INCOMPATIBLE'
  /** A member has broken the protocol, and was removed. */
  | 'ERR_MEMBER_REMOVED'
  /** A member has sent a message or state that your guard doesn't accept. It was dropped. */
  | 'ERR_INVALID_DATA'
  /** The member has left, or is not in this room. */
  | 'ERR_MEMBER_LEFT'
  /** The message is larger than the limit. It was not sent. */
  | 'ERR_MESSAGE_TOO_LARGE'
  /** Too much waits for the member. The message was not sent to it. */
  | 'ERR_QUEUE_FULL'
  /** Too many requests wait for an answer, or the member has too many to work on. */
  | 'ERR_TOO_MANY_REQUESTS'
  /** The member has no handler of this name. */
  | 'ERR_NO_HANDLER'
  /** The member's handler has thrown. The message is the handler's. */
  | 'ERR_REQUEST_FAILED'
  /** The member did not answer in time. */
  | 'ERR_TIMEOUT'
  /** Your page has left the room. */
  | 'ERR_ROOM_LEFT'

/**
 * The error class of rooms. Aborted calls reject with their signal's reason, and lost relays with the
 * client's error.
 */
export class RoomError extends Error {
  override readonly name = 'RoomError'
  readonly code: RoomErrorCode

  constructor(code: RoomErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Narrows a thrown value to an Error. */
export function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
