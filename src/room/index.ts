/*
 * Rooms: pages that find each other by a name, on top of the client.
 */

export { decodeInvitation, encodeInvitation } from './invitation.ts'
export type { Invitation } from './invitation.ts'
export * from './join-room.ts'
export {
  DEFAULT_GONE_MS,
  DEFAULT_MAX_FRAMES_PER_SECOND,
  DEFAULT_MAX_MEMBERS,
  DEFAULT_MAX_MEMBERS_PER_PEER,
  DEFAULT_MAX_MESSAGE_BYTES,
  DEFAULT_MAX_QUEUED_BYTES,
  DEFAULT_MAX_QUEUED_MESSAGES,
  DEFAULT_MAX_REQUESTS,
  DEFAULT_MAX_REQUESTS_PER_MEMBER,
  DEFAULT_MAX_STATE_BYTES,
  DEFAULT_REQUEST_TIMEOUT_MS,
  DEFAULT_ROOM_LIMITS,
} from './limits.ts'
export type { RoomLimits } from './limits.ts'
export type { Member } from './member.ts'
export type { PeerTarget } from './mesh.ts'
export type { RequestOptions } from './requests.ts'
export type { RequestContext, RequestTypes, Room, RoomEnd, SendOptions } from './room.ts'
export { RoomError } from './room-error.ts'
export type { RoomErrorCode } from './room-error.ts'
export { MemberEvent, MissedEvent, RoomErrorEvent, RoomMessageEvent } from './room-events.ts'
export type { RoomEventMap } from './room-events.ts'
export { randomRoomName } from './room-name.ts'
