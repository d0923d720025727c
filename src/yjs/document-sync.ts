import type { Awareness } from 'y-protocols/awareness'
import { applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness'
import type { Doc } from 'yjs'
import { applyUpdate, decodeStateVector, encodeStateAsUpdate, encodeStateVector } from 'yjs'
import type { Member, Room, RoomErrorCode } from '../room/index.ts'
import { RoomError } from '../room/index.ts'
import type { SyncKind } from './sync-message.ts'
import { PART_BYTES, PartCollector, SYNC_MESSAGE, encodeMessage, encodeParts } from './sync-message.ts'

/** Milliseconds until a member whose queue was full is sent the same again. */
const RETRY_MS = 500

/** Errors of a message whose receiver, or this page, has left the room. */
const GONE: ReadonlySet<RoomErrorCode> = new Set(['ERR_MEMBER_LEFT', 'ERR_ROOM_LEFT'])

/** What a {@link DocumentSync} needs. */
export interface DocumentSyncInit {
  doc: Doc
  awareness: Awareness
  room: Room
  /** The origin of changes that come from members, by which they are told from local ones. */
  origin: object
  /** Called when members come, leave or are synced. */
  changed(change: { added: string[]; removed: string[] }): void
  /** Called when a member sends something invalid, or can't be sent something. */
  failed(error: Error): void
}

/** A member, and what was exchanged with it. */
interface SyncedMember {
  member: Member
  isSynced: boolean
  /** The awareness states that it has told of, which go with it. */
  clients: Set<number>
  parts: PartCollector
  /** Whether an ask waits for its turn. Another one isn't added, because it would ask for the same. */
  isAsking: boolean
  /** The state vector of the member's latest ask, while the one answer waits for its turn. */
  asked: Uint8Array | undefined
  /** Settles when what was sent to this member alone has arrived. It never rejects. */
  sending: Promise<void>
}

/**
 * Keeps a document and its awareness equal to those of all members of a room.
 *
 * Each side asks the other once for what it lacks, when they meet or after messages were missed, and then
 * sends every change that doesn't come from a member. So a change is sent once to each member.
 */
export class DocumentSync {
  readonly #init: DocumentSyncInit
  readonly #members = new Map<string, SyncedMember>()
  readonly #stopping = new AbortController()

  constructor(init: DocumentSyncInit) {
    this.#init = init
    const { doc, awareness, room } = init
    const { signal } = this.#stopping
    room.addEventListener('join', ({ member }) => this.#joined(member), { signal })
    room.addEventListener('leave', ({ member }) => this.#left(member), { signal })
    room.addEventListener('missed', ({ member }) => this.#missed(member), { signal })
    room.addEventListener('message', ({ member, data }) => this.#received(member, data), { signal })
    doc.on('update', this.#onUpdate)
    awareness.on('update', this.#onAwareness)
  }

  /** The IDs of all members. */
  get members(): Member[] {
    return [...this.#members.values()].map(({ member }) => member)
  }

  /** Whether every member has answered. */
  get isSynced(): boolean {
    return [...this.#members.values()].every(({ isSynced }) => isSynced)
  }

  /** Ends the exchange, and removes the awareness states of the members. */
  stop(): void {
    this.#stopping.abort()
    this.#init.doc.off('update', this.#onUpdate)
    this.#init.awareness.off('update', this.#onAwareness)
    for (const { member } of this.#members.values()) this.#left(member)
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === this.#init.origin) return
    if (update.byteLength <= PART_BYTES) return this.#sendAll(SYNC_MESSAGE.update, update)
    for (const known of this.#members.values()) this.#sendTo(known, SYNC_MESSAGE.update, () => update)
  }

  readonly #onAwareness = (
    { added, updated, removed }: Record<'added' | 'updated' | 'removed', number[]>,
    origin: unknown,
  ): void => {
    if (origin === this.#init.origin) return
    const { awareness } = this.#init
    const clients = [...added, ...updated, ...removed]
    this.#sendAll(SYNC_MESSAGE.awareness, encodeAwarenessUpdate(awareness, clients))
  }

  #joined(member: Member): void {
    if (this.#members.has(member.id)) return
    const known: SyncedMember = {
      member,
      isSynced: false,
      clients: new Set(),
      parts: new PartCollector(),
      isAsking: false,
      asked: undefined,
      sending: Promise.resolve(),
    }
    this.#members.set(member.id, known)
    this.#init.changed({ added: [member.id], removed: [] })
    this.#ask(known)
    const { awareness } = this.#init
    // A member that has seen this page leave only believes a state that is newer than the one it has removed.
    const local = awareness.getLocalState()
    if (local !== null) awareness.setLocalState(local)
    const own = [...awareness.getStates().keys()].filter(
      (client) => client !== awareness.clientID && !this.#isOfMember(client),
    )
    if (own.length === 0) return
    const states = encodeAwarenessUpdate(awareness, own)
    this.#sendTo(known, SYNC_MESSAGE.awareness, () => states)
  }

  #left({ id }: Member): void {
    const known = this.#members.get(id)
    if (known === undefined) return
    this.#members.delete(id)
    const gone = [...known.clients].filter((client) => !this.#isOfMember(client))
    removeAwarenessStates(this.#init.awareness, gone, this.#init.origin)
    this.#init.changed({ added: [], removed: [id] })
  }

  /** Asks a member for what it has and this document lacks. */
  #ask(known: SyncedMember): void {
    if (known.isAsking) return
    known.isAsking = true
    this.#sendTo(known, SYNC_MESSAGE.ask, () => {
      known.isAsking = false
      return encodeStateVector(this.#init.doc)
    })
  }

  /** Answers a member's ask. A member that asks again before its turn gets one answer, to the latest. */
  #answer(known: SyncedMember, vector: Uint8Array): void {
    // Throws for what is none, while it is known who has sent it.
    decodeStateVector(vector)
    const isQueued = known.asked !== undefined
    known.asked = vector
    if (isQueued) return
    this.#sendTo(known, SYNC_MESSAGE.answer, () => {
      const asked = known.asked
      known.asked = undefined
      return encodeStateAsUpdate(this.#init.doc, asked)
    })
  }

  #missed({ id }: Member): void {
    const known = this.#members.get(id)
    if (known === undefined) return
    known.parts.clear()
    this.#ask(known)
  }

  #received(sender: Member, data: unknown): void {
    const known = this.#members.get(sender.id)
    if (known === undefined || !(data instanceof Uint8Array)) return
    try {
      this.#handle(known, data[0] ?? -1, data.subarray(1))
    } catch (cause) {
      this.#init.failed(new Error(`The member ${sender.id} sent an invalid message.`, { cause }))
    }
  }

  #handle(known: SyncedMember, kind: number, body: Uint8Array): void {
    const { doc, origin } = this.#init
    switch (kind) {
      case SYNC_MESSAGE.ask:
        return this.#answer(known, body)
      case SYNC_MESSAGE.answer:
        applyUpdate(doc, body, origin)
        known.isSynced = true
        return this.#init.changed({ added: [], removed: [] })
      case SYNC_MESSAGE.update:
        return applyUpdate(doc, body, origin)
      case SYNC_MESSAGE.awareness:
        return this.#awarenessReceived(known, body)
      case SYNC_MESSAGE.part: {
        const whole = known.parts.add(body)
        if (whole !== undefined && whole.kind !== SYNC_MESSAGE.part)
          this.#handle(known, whole.kind, whole.body)
        return
      }
      default:
      // A later version may have more kinds, which mean nothing here.
    }
  }

  #awarenessReceived({ clients }: SyncedMember, body: Uint8Array): void {
    const { awareness, doc, origin } = this.#init
    const note = ({ added, updated }: Record<'added' | 'updated', number[]>): void => {
      for (const client of [...added, ...updated]) if (client !== doc.clientID) clients.add(client)
    }
    awareness.on('update', note)
    try {
      applyAwarenessUpdate(awareness, body, origin)
    } finally {
      awareness.off('update', note)
    }
  }

  #isOfMember(client: number): boolean {
    return [...this.#members.values()].some(({ clients }) => clients.has(client))
  }

  /** Sends to everybody. A member that is too slow for it is told, and asks. */
  #sendAll(kind: SyncKind, body: Uint8Array): void {
    if (this.#members.size === 0) return
    this.#init.room.send(encodeMessage(kind, body)).catch((error: unknown) => this.#sendFailed(error))
  }

  /**
   * Sends to one member, in parts if it is much, after what was sent to it alone before. The body is only
   * encoded then, so what waits for a slow member is small, and up to date when its turn comes.
   */
  #sendTo(known: SyncedMember, kind: SyncKind, encode: () => Uint8Array): void {
    known.sending = known.sending.then(async () => {
      if (!this.#members.has(known.member.id)) return
      try {
        for (const message of encodeParts(kind, encode())) await this.#deliver(known.member, message)
      } catch (error) {
        this.#sendFailed(error)
      }
    })
  }

  /** Resolves when a member has the message. Tries again while its queue is full. */
  async #deliver(member: Member, message: Uint8Array): Promise<void> {
    while (this.#members.has(member.id)) {
      try {
        await this.#init.room.send(message, { to: member })
        return
      } catch (error) {
        if (!(error instanceof RoomError) || error.code !== 'ERR_QUEUE_FULL') throw error
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  #sendFailed(error: unknown): void {
    const isGone = error instanceof RoomError && GONE.has(error.code)
    if (!isGone) this.#init.failed(error instanceof Error ? error : new Error(String(error)))
  }
}
