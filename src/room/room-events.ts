import type { Member } from './member.ts'
import type { RoomError } from './room-error.ts'

/** Something has happened to a member. */
export class MemberEvent<State> extends Event {
  readonly member: Member<State>

  constructor(type: string, member: Member<State>) {
    super(type)
    this.member = member
  }
}

/** A member has sent a message. */
export class RoomMessageEvent<Messages, State> extends MemberEvent<State> {
  readonly data: Messages

  constructor(member: Member<State>, data: Messages) {
    super('message', member)
    this.data = data
  }
}

/** Messages of a member can't be delivered to this page any more. */
export class MissedEvent<State> extends MemberEvent<State> {
  /** How many at the most. */
  readonly count: number

  constructor(member: Member<State>, count: number) {
    super('missed', member)
    this.count = count
  }
}

/** Something went wrong that no call waits for. The room continues to work. */
export class RoomErrorEvent extends Event {
  readonly error: RoomError

  constructor(error: RoomError) {
    super('error')
    this.error = error
  }
}

/** The events of a room. */
export interface RoomEventMap<Messages = unknown, State = unknown> {
  /** A member is there, with its first state. */
  join: MemberEvent<State>
  /** A member has left, or can't be reached for `limits.goneMs`. */
  leave: MemberEvent<State>
  message: RoomMessageEvent<Messages, State>
  /** A member has changed its state. */
  state: MemberEvent<State>
  /** A member's `link` has changed. */
  link: MemberEvent<State>
  /** This page was too slow or too long away for some messages of a member. */
  missed: MissedEvent<State>
  error: RoomErrorEvent
  /** The room has ended, because this page left it or lost its relay. */
  close: Event
}
