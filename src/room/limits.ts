/*
 * The limits of a room. Each is the default of the field of the same name in {@link RoomLimits}; the others
 * are fixed. `docs/rooms.md` lists them with what happens when they are reached.
 */

/** Members of a room, including your own page. */
export const DEFAULT_MAX_MEMBERS = 32

/** Members of a room that one peer may have, such as the tabs of one browser. */
export const DEFAULT_MAX_MEMBERS_PER_PEER = 16

/** Bytes of one message, request or answer: 4 MiB. */
export const DEFAULT_MAX_MESSAGE_BYTES = 4_194_304

/** Bytes of a state, as JSON: 64 KiB. */
export const DEFAULT_MAX_STATE_BYTES = 65_536

/** Bytes of messages that wait for one member: 8 MiB. */
export const DEFAULT_MAX_QUEUED_BYTES = 8_388_608

/** Messages that wait for one member. */
export const DEFAULT_MAX_QUEUED_MESSAGES = 1_024

/** Requests of your page that wait for an answer. */
export const DEFAULT_MAX_REQUESTS = 1_024

/** Requests of one member that your handlers work on. */
export const DEFAULT_MAX_REQUESTS_PER_MEMBER = 64

/** Milliseconds that a request waits for its answer. */
export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000

/** Milliseconds that a member may be unreachable, or acknowledge nothing, before it counts as gone. */
export const DEFAULT_GONE_MS = 60_000

/** Frames that are read from one member in a second, on average. A frame has at most 64 KiB. */
export const DEFAULT_MAX_FRAMES_PER_SECOND = 2_000

/** The limits of one room. */
export interface RoomLimits {
  /** See {@link DEFAULT_MAX_MEMBERS}; a further member is refused with `ERR_ROOM_FULL`. */
  maxMembers: number
  /** See {@link DEFAULT_MAX_MEMBERS_PER_PEER}; a further member is refused with `ERR_ROOM_FULL`. */
  maxMembersPerPeer: number
  /**
   * See {@link DEFAULT_MAX_MESSAGE_BYTES}; a larger message is not sent (`ERR_MESSAGE_TOO_LARGE`), and a
   * member that sends one is removed.
   */
  maxMessageBytes: number
  /** See {@link DEFAULT_MAX_STATE_BYTES}; the same happens beyond it. */
  maxStateBytes: number
  /** See {@link DEFAULT_MAX_QUEUED_BYTES}; a further message isn't sent to the member, which is told. */
  maxQueuedBytes: number
  /** See {@link DEFAULT_MAX_QUEUED_MESSAGES}; a further message isn't sent to the member, which is told. */
  maxQueuedMessages: number
  /** See {@link DEFAULT_MAX_REQUESTS}; a further request rejects with `ERR_TOO_MANY_REQUESTS`. */
  maxRequests: number
  /** See {@link DEFAULT_MAX_REQUESTS_PER_MEMBER}; a further one is refused with `ERR_TOO_MANY_REQUESTS`. */
  maxRequestsPerMember: number
  /** See {@link DEFAULT_REQUEST_TIMEOUT_MS}; the request then rejects with `ERR_TIMEOUT`. */
  requestTimeoutMs: number
  /** See {@link DEFAULT_GONE_MS}; then the member leaves. */
  goneMs: number
  /** See {@link DEFAULT_MAX_FRAMES_PER_SECOND}; reading then pauses, which slows the member down. */
  maxFramesPerSecond: number
}

/** The default limits of a room. */
export const DEFAULT_ROOM_LIMITS: Readonly<RoomLimits> = {
  maxMembers: DEFAULT_MAX_MEMBERS,
  maxMembersPerPeer: DEFAULT_MAX_MEMBERS_PER_PEER,
  maxMessageBytes: DEFAULT_MAX_MESSAGE_BYTES,
  maxStateBytes: DEFAULT_MAX_STATE_BYTES,
  maxQueuedBytes: DEFAULT_MAX_QUEUED_BYTES,
  maxQueuedMessages: DEFAULT_MAX_QUEUED_MESSAGES,
  maxRequests: DEFAULT_MAX_REQUESTS,
  maxRequestsPerMember: DEFAULT_MAX_REQUESTS_PER_MEMBER,
  requestTimeoutMs: DEFAULT_REQUEST_TIMEOUT_MS,
  goneMs: DEFAULT_GONE_MS,
  maxFramesPerSecond: DEFAULT_MAX_FRAMES_PER_SECOND,
}

/** Bytes of a room's name, scope or secret in UTF-8, and of a request's name. */
export const MAX_NAME_BYTES = 1_024

/** Bytes of one part of a message. All but the last part of a message have exactly this size. */
export const PART_BYTES = 65_536

/**
 * Bytes that are sent and not acknowledged, for all members together. A relay pauses the whole client when 4
 * MiB wait in it, so that a member that doesn't read would stop all others.
 */
export const MAX_UNACKNOWLEDGED_BYTES = 4_000_000

/** The same for one member. A relay pauses the client when 1 MiB waits on one connection. */
export const MAX_UNACKNOWLEDGED_BYTES_PER_MEMBER = 800_000

/** Bytes that a part counts in addition to its content. */
export const PART_OVERHEAD_BYTES = 300

/** Connections to one member at a time: while both sides dial, and while one replaces another. */
export const MAX_WIRES_PER_MEMBER = 3

/** Milliseconds that a handshake may take. */
export const HANDSHAKE_TIMEOUT_MS = 10_000

/**
 * Incoming connections whose handshake isn't finished, in total and for one peer. A further one is closed.
 */
export const MAX_HANDSHAKES = 64
export const MAX_HANDSHAKES_PER_PEER = 16

/** Joins of one peer's members in a row, and milliseconds until one more is allowed. */
export const MAX_JOINS_PER_PEER = 32
export const JOIN_INTERVAL_MS = 2_000

/**
 * Peers of which joins and errors are counted, members that are kept out for breaking the protocol, and lost
 * members of which it is remembered what they missed.
 */
export const MAX_REMEMBERED = 256

/** Places to dial: members that others have told of or that were lost, and peers that may be in the room. */
export const MAX_CONTACTS = 128

/** Members of one introduction, addresses of one member, and characters of an address or peer ID. */
export const MAX_INTRODUCED = 64
export const MAX_ADDRESSES = 8
export const MAX_ADDRESS_LENGTH = 512

/** Dials at the same time, in total, and to places that one member has told of or that were found. */
export const MAX_DIALS = 12
export const MAX_DIALS_PER_SOURCE = 4

/** Members of one peer that are kept out for breaking the protocol, before the whole peer is. */
export const MAX_BANS_PER_PEER = 8

/** Milliseconds that `joinRoom` waits for the first member before it returns an empty room. */
export const JOIN_WAIT_MS = 3_000

/** Milliseconds between checks whether this page should take over the door of its peer. */
export const DOOR_CHECK_MS = 30_000
