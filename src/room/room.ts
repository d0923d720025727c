// The file is long because it has all methods of the public class.

import type { Client } from '../client/index.ts'
import { PartKind } from './frames.ts'
import type { RoomLimits } from './limits.ts'
import { JOIN_WAIT_MS } from './limits.ts'
import type { Member } from './member.ts'
import { memberId, randomBytes, toBase64Url } from './member.ts'
import type { PeerTarget } from './mesh.ts'
import { Mesh } from './mesh.ts'
import type { RequestOptions } from './requests.ts'
import { Requests, queueFull, tooLarge } from './requests.ts'
import { RoomError } from './room-error.ts'
import type { RoomEventMap } from './room-events.ts'
import { MemberEvent, MissedEvent, RoomErrorEvent, RoomMessageEvent } from './room-events.ts'
import type { RoomKeys } from './room-keys.ts'
import type { Session } from './session.ts'
import { TypedEventTarget } from '../client/index.ts'
import { decodeValue, encodeValue } from './values.ts'

/** The requests that members answer, by name: what each takes and returns. */
export type RequestTypes<Requests> = Record<keyof Requests, { argument: unknown; answer: unknown }>

/** How a room ended. */
export interface RoomEnd {
  reason: string
  /** Whether this page left it. */
  clean: boolean
}

/** Options of {@link Room.send}. */
export interface SendOptions {
  /** Whom to send to; by default everybody. */
  to?: Member | readonly Member[]
}

/** What a handler knows besides the argument. */
export interface RequestContext<State> {
  member: Member<State>
  /** Aborted when the member no longer waits, or has left. */
  signal: AbortSignal
}

/** Options of a {@link Room}, which only `joinRoom` creates. */
export interface RoomInit<Messages, State> {
  name: string
  keys: RoomKeys
  limits: Readonly<RoomLimits>
  peers: readonly PeerTarget[]
  state: State | undefined
  isMessage: ((data: unknown) => data is Messages) | undefined
  isState: ((state: unknown) => state is State) | undefined
  /** Called when this page leaves. */
  left(): void
}

interface OpenMember<State> extends Member<State> {
  state: State | undefined
}

/**
 * A room: all pages that have joined the same name, connected to each other without a server.
 *
 * Members are pages, so two tabs of one browser are two members. Messages of one member arrive once and in
 * order, while links and relays come and go. Events are those of {@link RoomEventMap}.
 */
export class Room<
  Messages = unknown,
  State = unknown,
  Calls extends RequestTypes<Calls> = Record<string, { argument: unknown; answer: unknown }>,
> extends TypedEventTarget<RoomEventMap<Messages, State>> {
  readonly name: string
  /** Resolves when the room has ended. Never rejects. */
  readonly closed: Promise<RoomEnd>
  readonly #init: RoomInit<Messages, State>
  readonly #mesh: Mesh
  readonly #requests: Requests
  readonly #members = new Map<string, OpenMember<State>>()
  #state: State | undefined
  #stateBody: Uint8Array
  #settleClosed: (end: RoomEnd) => void = () => undefined
  #end: RoomEnd | undefined
  #client: Client | undefined
  /** Events that wait until the application has had the time to listen; undefined once it has. */
  #held: Event[] | undefined = []
  #firstRefusal: RoomError | undefined
  #met: () => void = () => undefined

  constructor(init: RoomInit<Messages, State>) {
    super()
    this.#init = init
    this.name = init.name
    this.#state = init.state
    this.#stateBody = this.#encodeState(init.state)
    this.#requests = new Requests(init.limits)
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
    this.#mesh = new Mesh({
      ...init,
      page: toBase64Url(randomBytes(8)),
      state: () => this.#stateBody,
      received: (session, kind, body) => this.#received(session, kind, body),
      linkChanged: (session) => this.#tellMember('link', session),
      ended: (session) => this.#ended(session),
      problem: (error, isOwn) => {
        if (isOwn) this.#firstRefusal ??= error
        this.#dispatch(new RoomErrorEvent(error))
      },
    })
  }

  /** Your page's own ID as a member; empty while it has no relay. */
  get id(): string {
    return this.#mesh.ownId
  }

  /** The other members, by ID. */
  get members(): ReadonlyMap<string, Member<State>> {
    return this.#members
  }

  /** The client of your page at present; undefined while it has no relay. */
  get client(): Client | undefined {
    return this.#client
  }

  /**
   * Your page's state, which every member sees. Set it to change it; changing what it contains has no effect.
   */
  get state(): State | undefined {
    return this.#state
  }

  set state(state: State | undefined) {
    this.#stateBody = this.#encodeState(state)
    this.#state = state
    for (const session of this.#mesh.sessions) session.stateChanged()
  }

  /**
   * Sends a message to everybody, or to the members in `to`. Resolves when the pages of these have it, to
   * those that do: others have left meanwhile, or were too slow, and are told that they missed it.
   *
   * Rejects with `ERR_MESSAGE_TOO_LARGE`, `ERR_ROOM_LEFT`, and, for a single member, `ERR_MEMBER_LEFT` or
   * `ERR_QUEUE_FULL`; with a TypeError for what JSON can't express.
   */
  async send(data: Messages, { to }: SendOptions = {}): Promise<Member<State>[]> {
    this.#assertOpen()
    const body = encodeValue(data)
    const { maxMessageBytes } = this.#init.limits
    if (body.byteLength > maxMessageBytes) throw tooLarge(body.byteLength, maxMessageBytes)
    if (to !== undefined && !isList(to)) {
      const member = await this.#sendTo(this.#sessionOf(to), body, true)
      if (member !== undefined) return [member]
      throw new RoomError('ERR_MEMBER_LEFT', 'The member left before the message arrived.')
    }
    if (to === undefined) this.#mesh.countMissed()
    const sessions = to === undefined ? this.#mesh.sessions : to.map((member) => this.#sessionOf(member))
    const receivers = await Promise.all(sessions.map((session) => this.#sendTo(session, body, false)))
    return receivers.filter((member) => member !== undefined)
  }

  /**
   * Asks a member, and resolves to the answer of its handler.
   *
   * Rejects with `ERR_MEMBER_LEFT`, `ERR_NO_HANDLER`, `ERR_REQUEST_FAILED` (the handler has thrown),
   * `ERR_TIMEOUT`, `ERR_QUEUE_FULL`, `ERR_TOO_MANY_REQUESTS`, `ERR_MESSAGE_TOO_LARGE`, or the reason of the
   * signal.
   */
  async request<Name extends keyof Calls & string>(
    member: Member,
    name: Name,
    argument?: Calls[Name]['argument'],
    options: RequestOptions = {},
  ): Promise<Calls[Name]['answer']> {
    this.#assertOpen()
    return await this.#requests.request(this.#sessionOf(member), name, argument, options)
  }

  /** Answers requests of this name from now on, instead of an earlier handler; with undefined, none. */
  handle<Name extends keyof Calls & string>(
    name: Name,
    handler:
      | ((
          argument: Calls[Name]['argument'],
          context: RequestContext<State>,
        ) => Calls[Name]['answer'] | Promise<Calls[Name]['answer']>)
      | undefined,
  ): void {
    this.#requests.answer(
      name,
      handler &&
        (async (argument, session, signal) => {
          const member = this.#members.get(idOf(session))
          if (member === undefined) throw new RoomError('ERR_MEMBER_LEFT', 'The member has left the room.')
          return await handler(argument, { member, signal })
        }),
    )
  }

  /** Leaves the room. Members see it at once. */
  leave(): void {
    this.#close({ reason: 'this page left the room', clean: true })
  }

  /**
   * Uses a client from now on. At the first call, resolves when somebody is there, or nobody was found, and
   * rejects if the room doesn't let this page in.
   */
  async start(client: Client): Promise<void> {
    this.#client = client
    const { tried } = await this.#mesh.start(client)
    if (this.#held === undefined) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const waits = [
      tried,
      new Promise<void>((resolve) => {
        this.#met = resolve
        timer = setTimeout(resolve, JOIN_WAIT_MS)
      }),
    ]
    await Promise.race(waits)
    clearTimeout(timer)
    if (this.#firstRefusal !== undefined && this.#mesh.sessions.length === 0) throw this.#firstRefusal
    setTimeout(() => this.#release(), 0)
  }

  /** Called when the client is lost. `reason` is set if there won't be another one. */
  stop(reason?: string): void {
    this.#client = undefined
    this.#mesh.stop()
    if (reason !== undefined) this.#close({ reason, clean: false })
  }

  #close(end: RoomEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#mesh.leave()
    this.#init.left()
    this.#settleClosed(end)
    this.#release()
    this.dispatchEvent(new Event('close'))
  }

  #encodeState(state: State | undefined): Uint8Array {
    const body = encodeValue(state)
    const { maxStateBytes } = this.#init.limits
    if (body.byteLength > maxStateBytes) throw tooLarge(body.byteLength, maxStateBytes)
    return body
  }

  async #sendTo(session: Session, body: Uint8Array, isStrict: boolean): Promise<Member<State> | undefined> {
    const isReceived = await new Promise<boolean>((settle, reject) => {
      if (session.send({ kind: PartKind.message, body, settle })) return
      if (isStrict) reject(queueFull())
      else settle(false)
    })
    return isReceived ? this.#members.get(idOf(session)) : undefined
  }

  #sessionOf({ id }: Member): Session {
    const session = this.#mesh.get(id)
    if (session === undefined) throw new RoomError('ERR_MEMBER_LEFT', `${id} is not in the room.`)
    return session
  }

  #received(session: Session, kind: number, body: Uint8Array): void {
    if (kind === PartKind.state) return this.#stateReceived(session, decodeValue(body))
    const member = this.#members.get(idOf(session))
    if (member === undefined) throw new TypeError('A message came before the first state.')
    switch (kind) {
      case PartKind.message: {
        const data = decodeValue(body)
        const { isMessage } = this.#init
        if (!accepts(isMessage, data)) return this.#invalid('message', member)
        return this.#dispatch(new RoomMessageEvent(member, data as Messages))
      }
      case PartKind.missed: {
        const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
        return this.#dispatch(new MissedEvent(member, view.getUint32(0)))
      }
      case PartKind.request:
      case PartKind.answer:
      case PartKind.failure:
      case PartKind.cancel:
        return this.#requests.receive(session, kind, body)
      default:
      // A later version may have more kinds. They have arrived, and mean nothing here.
    }
  }

  #stateReceived(session: Session, received: unknown): void {
    const id = idOf(session)
    const { isState } = this.#init
    const isValid = received === undefined || accepts(isState, received)
    const known = this.#members.get(id)
    const state = isValid ? (received as State | undefined) : known?.state
    const { peer } = session.init
    const member = known ?? {
      id,
      peer,
      state,
      get link() {
        return session.link
      },
    }
    member.state = state
    if (known === undefined) {
      this.#members.set(id, member)
      this.#dispatch(new MemberEvent('join', member))
      this.#met()
    } else if (isValid) this.#dispatch(new MemberEvent('state', member))
    if (!isValid) this.#invalid('state', member)
  }

  #invalid(what: string, { id }: Member): void {
    const error = new RoomError(
      'ERR_INVALID_DATA',
      `The member ${id} sent a ${what} that the application doesn’t accept.`,
    )
    this.#dispatch(new RoomErrorEvent(error))
  }

  #ended(session: Session): void {
    this.#requests.end(session)
    const id = idOf(session)
    const member = this.#members.get(id)
    if (member === undefined) return
    this.#members.delete(id)
    this.#dispatch(new MemberEvent('leave', member))
  }

  #tellMember(type: 'link', session: Session): void {
    const member = this.#members.get(idOf(session))
    if (member !== undefined) this.#dispatch(new MemberEvent(type, member))
  }

  #dispatch(event: Event): void {
    if (this.#held !== undefined) this.#held.push(event)
    else if (this.#end === undefined) this.dispatchEvent(event)
  }

  #release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const event of held) this.dispatchEvent(event)
  }

  #assertOpen(): void {
    if (this.#end !== undefined) throw new RoomError('ERR_ROOM_LEFT', 'Your page has left the room.')
  }
}

function idOf({ init }: Session): string {
  return memberId(init.peer, init.page)
}

/** Whether the application's guard accepts a value. One that throws doesn't. */
function accepts(guard: ((value: unknown) => boolean) | undefined, value: unknown): boolean {
  try {
    return guard === undefined || guard(value)
  } catch {
    return false
  }
}

function isList(to: Member | readonly Member[]): to is readonly Member[] {
  return Array.isArray(to)
}
