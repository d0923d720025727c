import type { Client, Connection, Listener, PeerFinder } from '../client/index.ts'
import { ClientError } from '../client/index.ts'
import type { Contact } from './contacts.ts'
import { Contacts, FOUND } from './contacts.ts'
import type { Introduction } from './frames.ts'
import { Refusal } from './frames.ts'
import { Gate, makeRoom } from './gate.ts'
import { shakeHands } from './handshake.ts'
import type { RoomLimits } from './limits.ts'
import {
  DOOR_CHECK_MS,
  MAX_ADDRESSES,
  MAX_UNACKNOWLEDGED_BYTES,
  MAX_UNACKNOWLEDGED_BYTES_PER_MEMBER,
} from './limits.ts'
import { memberId } from './member.ts'
import { RoomError } from './room-error.ts'
import type { Rate } from './rate.ts'
import type { RoomKeys } from './room-keys.ts'
import type { SessionEnd } from './session.ts'
import { Session } from './session.ts'
import { Wire } from './wire.ts'

/** Dials of a member that others have told of. */
const TOLD_ATTEMPTS = 4
/** Dials of the door of a peer that was found. */
const FOUND_ATTEMPTS = 6
/** Dials of a member whose link was lost. */
const LOST_ATTEMPTS = 60
/** Dials of a member whose page was probably closed. */
const GONE_ATTEMPTS = 3
/** Milliseconds that the side with the larger ID leaves to the other one, so that usually only one dials. */
const LARGER_WAITS_MS = 1_500
/** Attempts to dial the door of this peer or to open it, while other pages do the same. */
const DOOR_ATTEMPTS = 8
/** Shortest pause between these attempts, in milliseconds. */
const DOOR_PAUSE_MS = 50

/** A peer that may have members of the room. */
export interface PeerTarget {
  readonly peer: string
  readonly addrs?: readonly string[]
}

/** Options of a {@link Mesh}. */
export interface MeshInit {
  keys: RoomKeys
  /** What this page calls itself. */
  page: string
  limits: Readonly<RoomLimits>
  /** Peers that may have members. */
  peers: readonly PeerTarget[]
  state(): Uint8Array
  /** Called with each message of a member, by its session. Throws a TypeError if it is malformed. */
  received(session: Session, kind: number, body: Uint8Array): void
  linkChanged(session: Session): void
  ended(session: Session, end: SessionEnd): void
  /**
   * What the application should know: a wrong secret, a member that broke the protocol, or why this page was
   * refused.
   */
  problem(error: RoomError, isOwn: boolean): void
}

/** What a dial has led to: a member, one that doesn't let this page in, or nobody. */
type Meeting = 'met' | 'refused' | 'unreachable'

/** A session, with what is known of its member. */
interface Known {
  session: Session
  addresses: readonly string[]
  wasReady: boolean
  /** How fast the frames of all its connections are read. */
  rate: Rate
}

/** The connections of this page to all other members: how they find each other, meet, and meet again. */
export class Mesh {
  readonly #init: MeshInit
  readonly #known = new Map<string, Known>()
  readonly #contacts: Contacts
  readonly #gate: Gate
  /** Members that were let in and have no session yet: how many of their connections. */
  readonly #arriving = new Map<string, number>()
  /** What members that were lost have missed. */
  readonly #missed = new Map<string, number>()
  #client: Client | undefined
  /** Aborted when the client isn't used any more. */
  #stopped = new AbortController()
  #finder: PeerFinder | undefined
  #door: Listener | undefined
  readonly #listeners = new Set<Listener>()
  #doorTimer: ReturnType<typeof setTimeout> | undefined
  /** The client that the door is being opened for. */
  #openingFor: Client | undefined
  #hasLeft = false

  constructor(init: MeshInit) {
    this.#init = init
    this.#contacts = new Contacts({
      isWanted: (contact) => this.#isWanted(contact),
      dial: async (contact) => await this.#dialContact(contact),
    })
    this.#gate = new Gate({ limits: init.limits, problem: (error, isOwn) => init.problem(error, isOwn) })
  }

  get sessions(): Session[] {
    return [...this.#known.values()].map(({ session }) => session)
  }

  /** Your own member ID; empty without a client. */
  get ownId(): string {
    return this.#client === undefined ? '' : memberId(this.#client.peer, this.#init.page)
  }

  get(id: string): Session | undefined {
    return this.#known.get(id)?.session
  }

  /**
   * Uses a client from now on. Resolves when this page can be reached. `tried` settles when each contact that
   * was known at first was dialled once. Rejects if the client can't listen.
   */
  async start(client: Client): Promise<{ tried: Promise<unknown> }> {
    const { keys, page, peers } = this.#init
    this.#client = client
    this.#stopped = new AbortController()
    const listener = await this.#listen(client, `${keys.protocol}/${page}`)
    if (listener === undefined) return { tried: Promise.resolve() }
    void this.#findPeers(client)
    client.addEventListener('identify', () => this.#introduceSelf(), { signal: this.#stopped.signal })
    this.#doorTimer = setInterval(() => {
      void this.#findPeers(client)
      if (!this.#hasNeighbour()) void this.#openDoor(client)
    }, DOOR_CHECK_MS)
    for (const { session } of this.#known.values()) this.#redial(session)
    this.#contacts.start()
    const doors = peers.filter(({ peer }) => peer !== client.peer)
    const tries = doors.map(async ({ peer, addrs = [] }) => {
      const contact = doorOf(peer, addrs)
      const isMet = await this.#dialContact(contact)
      this.#contacts.add(peer, contact, isMet ? DOOR_CHECK_MS : 0)
    })
    return { tried: Promise.all([this.#openDoor(client), ...tries]) }
  }

  /** Called when the client is lost. Members are kept until another one is there, for a bounded time. */
  stop(): void {
    this.#client = undefined
    this.#stopped.abort()
    this.#door = undefined
    this.#finder = undefined
    this.#listeners.clear()
    clearInterval(this.#doorTimer)
    this.#contacts.stop()
  }

  /** Tells all members that this page leaves, and ends everything. */
  leave(): void {
    this.#hasLeft = true
    // First, so that another page of the peer can take over the door when it sees that this one leaves.
    for (const listener of this.#listeners) listener.close({ retain: true })
    this.#finder?.close()
    for (const session of this.sessions) session.end('closed')
    this.stop()
  }

  /** Counts a message that lost members miss. */
  countMissed(): void {
    for (const [id, count] of this.#missed) this.#missed.set(id, count + 1)
  }

  /** Accepts connections. Returns undefined if the client isn't used any more. */
  async #listen(client: Client, protocol: string): Promise<Listener | undefined> {
    const listener = await client.listen(protocol)
    if (this.#client === client && !this.#hasLeft) {
      void this.#accept(listener)
      return listener
    }
    listener.close()
    return undefined
  }

  async #accept(listener: Listener): Promise<void> {
    this.#listeners.add(listener)
    try {
      for await (const connection of listener) void this.#meetIncoming(connection)
    } catch (error) {
      // The client tells of its end to whoever uses it.
      if (!(error instanceof ClientError)) throw error
    }
  }

  /** Dials the peers that have registered under the room's namespace, as this one does, unless it does so. */
  async #findPeers(client: Client): Promise<void> {
    if (this.#finder !== undefined) return
    let finder: PeerFinder | undefined
    try {
      finder = client.findPeers(this.#init.keys.namespace)
      this.#finder = finder
      for await (const { peer, addresses } of finder) {
        if (peer !== client.peer) this.#contacts.add(peer, doorOf(peer, addresses, FOUND))
      }
    } catch (error) {
      // The relay is lost or too old, or another room of this client looks here: its door leads to this page.
      if (!(error instanceof ClientError)) throw error
    }
    if (this.#finder === finder) this.#finder = undefined
  }

  /**
   * Opens the door of this peer for others, unless another page holds it, which is dialled then. The other
   * page may close before it is dialled, so this page then tries again.
   */
  async #openDoor(client: Client): Promise<void> {
    if (this.#openingFor === client) return
    this.#openingFor = client
    const { protocol } = this.#init.keys
    try {
      for (let left = DOOR_ATTEMPTS; left > 0; left--) {
        if (this.#client !== client || this.#hasLeft || this.#door !== undefined) return
        if (!this.#hasNeighbour() && (await this.#dial({ peer: client.peer }, protocol)) !== 'unreachable')
          return
        try {
          const door = await this.#listen(client, protocol)
          if (door !== undefined) this.#door = door
          return
        } catch (error) {
          if (!(error instanceof ClientError)) throw error
          if (this.#hasNeighbour()) return
        }
        // The page that was faster may not accept connections yet, or be about to leave.
        await new Promise((resolve) => setTimeout(resolve, DOOR_PAUSE_MS * (1 + Math.random())))
      }
    } finally {
      if (this.#openingFor === client) this.#openingFor = undefined
    }
  }

  /** Whether another page of this peer is a member. */
  #hasNeighbour(): boolean {
    const peer = this.#client?.peer
    return this.sessions.some(({ init, isConnected }) => isConnected && init.peer === peer)
  }

  /** Whether a refusal of this peer counts. Others are found, and may know nothing of the room. */
  #isNamed(peer: string): boolean {
    return peer === this.#client?.peer || this.#init.peers.some((target) => target.peer === peer)
  }

  #isWanted({ peer, page }: Contact): boolean {
    if (page !== undefined) return this.get(memberId(peer, page))?.isConnected !== true
    return !this.sessions.some(({ init, isConnected }) => isConnected && init.peer === peer)
  }

  async #dialContact({ peer, page, addresses }: Contact): Promise<boolean> {
    const { protocol } = this.#init.keys
    const target = { peer, addrs: peer === this.#client?.peer ? [] : addresses }
    return (await this.#dial(target, page === undefined ? protocol : `${protocol}/${page}`)) === 'met'
  }

  async #dial(target: PeerTarget, protocol: string): Promise<Meeting> {
    const client = this.#client
    if (client === undefined || this.#hasLeft) return 'unreachable'
    let connection: Connection
    try {
      connection = await client.dial(target, protocol)
    } catch (error) {
      // The other side is away, or the client is lost. Contacts are dialled again.
      if (error instanceof ClientError) return 'unreachable'
      throw error
    }
    return await this.#meet(connection, target.addrs ?? [])
  }

  async #meetIncoming(connection: Connection): Promise<void> {
    if (!this.#gate.enter(connection.peer)) return connection.close()
    await this.#meet(connection, [])
    this.#gate.exit(connection.peer)
  }

  /** Shakes hands, and adds the connection to the member's session. Never rejects. */
  async #meet(connection: Connection, addresses: readonly string[]): Promise<Meeting> {
    const { peer } = connection
    const client = this.#client
    if (client === undefined) {
      // This page has left while it dialled.
      connection.close()
      return 'unreachable'
    }
    let arriving = ''
    try {
      const page = await shakeHands(connection, {
        proof: this.#init.keys.proof,
        peer: client.peer,
        page: this.#init.page,
        refusalOf: (page) => {
          const id = memberId(peer, page)
          const refusal = this.#refusalOf(peer, id)
          if (refusal !== undefined) return refusal
          arriving = id
          this.#arriving.set(id, (this.#arriving.get(id) ?? 0) + 1)
          return undefined
        },
      })
      if (
        this.#client !== client ||
        this.#hasLeft ||
        this.#refusalOf(peer, memberId(peer, page)) !== undefined
      ) {
        connection.close()
        return 'refused'
      }
      const known = this.#known.get(memberId(peer, page)) ?? this.#create(peer, page)
      if (addresses.length > 0) known.addresses = addresses
      known.session.attach(new Wire(connection, known.rate))
      return 'met'
    } catch (error) {
      // Everything else is an end of the connection, or nonsense on it.
      if (!(error instanceof RoomError)) return 'unreachable'
      this.#gate.report(peer, error, connection.direction === 'out' && this.#isNamed(peer))
      return 'refused'
    } finally {
      const others = (this.#arriving.get(arriving) ?? 0) - 1
      if (others > 0) this.#arriving.set(arriving, others)
      else this.#arriving.delete(arriving)
    }
  }

  #refusalOf(peer: string, id: string): number | undefined {
    if (id === this.ownId || this.#gate.isBanned(peer, id)) return Refusal.removed
    if (this.#known.has(id)) return undefined
    const { maxMembers, maxMembersPerPeer } = this.#init.limits
    // This page is a member too.
    const others = new Set([this.ownId, ...this.#known.keys(), ...this.#arriving.keys()])
    others.delete(id)
    const ofPeer = [...others].filter((other) => other.startsWith(memberId(peer, '')))
    if (others.size >= maxMembers || ofPeer.length >= maxMembersPerPeer) return Refusal.full
    return this.#gate.refusalOfJoin(peer)
  }

  #create(peer: string, page: string, number = randomNumber()): Known {
    const id = memberId(peer, page)
    const session: Session = new Session({
      peer,
      page,
      number,
      limits: this.#init.limits,
      isArbiter: this.ownId < id,
      missed: this.#missed.get(id) ?? 0,
      windowBytes: () =>
        Math.min(MAX_UNACKNOWLEDGED_BYTES_PER_MEMBER, MAX_UNACKNOWLEDGED_BYTES / this.#known.size),
      state: () => this.#init.state(),
      restarted: (wire, frame) => {
        if (this.#hasLeft || this.#refusalOf(peer, id) !== undefined) wire.connection.close()
        else this.#create(peer, page, number).session.takeOver(wire, frame)
      },
      ready: () => this.#ready(id),
      received: (kind, body) => this.#init.received(session, kind, body),
      introduced: (members) => this.#introduced(id, members),
      linkChanged: () => this.#init.linkChanged(session),
      disconnected: (isGone) => this.#redial(session, isGone),
      broke: (error) => this.#gate.broke(peer, id, error),
      ended: (end, missed) => this.#ended(id, session, end, missed),
    })
    this.#gate.joined(peer)
    const known = { session, addresses: [], wasReady: false, rate: this.#gate.readingRate() }
    this.#known.set(id, known)
    this.#missed.delete(id)
    return known
  }

  #ready(id: string): void {
    const known = this.#known.get(id)
    if (known === undefined) return
    this.#contacts.delete(id)
    known.session.introduce([...this.#selfIntroduction(), ...this.#introductions(id)])
    if (known.wasReady) return
    known.wasReady = true
    const { peer, page } = known.session.init
    const newcomer = { peer, page, addresses: [...known.addresses] }
    for (const session of this.sessions) if (session !== known.session) session.introduce([newcomer])
  }

  /** The other members, for the one with this ID. */
  #introductions(id: string): Introduction[] {
    return [...this.#known]
      .filter(([other, { wasReady }]) => wasReady && other !== id)
      .map(([, { session, addresses }]) => {
        const { peer, page } = session.init
        return { peer, page, addresses: [...addresses] }
      })
  }

  #selfIntroduction(): Introduction[] {
    if (this.#client === undefined) return []
    const { peer, addresses } = this.#client
    return [{ peer, page: this.#init.page, addresses: addresses.slice(0, MAX_ADDRESSES) }]
  }

  #introduceSelf(): void {
    for (const session of this.sessions) session.introduce(this.#selfIntroduction())
  }

  #introduced(source: string, members: Introduction[]): void {
    for (const { peer, page, addresses } of members) {
      const id = memberId(peer, page)
      const known = this.#known.get(id)
      // What a member says of itself counts, because only its peer can be dialled there.
      if (id === source && known !== undefined) known.addresses = addresses
      if (id === source || id === this.ownId || known?.session.isConnected === true) continue
      const delayMs = this.ownId < id ? 0 : LARGER_WAITS_MS
      this.#contacts.add(id, { peer, page, addresses, source, attempts: TOLD_ATTEMPTS }, delayMs)
    }
  }

  /** Dials a member that no connection is left to. */
  #redial(session: Session, isGone = false): void {
    const { peer, page } = session.init
    const id = memberId(peer, page)
    const addresses = this.#known.get(id)?.addresses ?? []
    const contact = { peer, page, addresses, source: '', attempts: LOST_ATTEMPTS }
    if (!isGone || this.#client === undefined) return this.#contacts.add(id, contact)
    const decide = (isBack: boolean): void => {
      // The peer is there, but the page isn't. If it comes back, it joins again.
      if (!isBack && !session.isConnected && this.#client !== undefined) session.end('gone')
    }
    void this.#dialContact(contact).then(decide)
  }

  #ended(id: string, session: Session, end: SessionEnd, missed: number): void {
    const { peer, page } = session.init
    const { addresses = [] } = this.#known.get(id) ?? {}
    this.#known.delete(id)
    this.#contacts.delete(id)
    if (end === 'lost' || end === 'gone') {
      makeRoom(this.#missed)
      this.#missed.set(id, missed)
      const attempts = end === 'lost' ? LOST_ATTEMPTS : GONE_ATTEMPTS
      this.#contacts.add(id, { peer, page, addresses, source: '', attempts }, 1_000)
    }
    this.#init.ended(session, end)
    const client = this.#client
    if (client?.peer === peer && !this.#hasLeft) void this.#openDoor(client)
  }
}

/** The door of a peer, which this page knows by itself or has found. */
function doorOf(peer: string, addresses: readonly string[], source: '' | typeof FOUND = ''): Contact {
  return {
    peer,
    page: undefined,
    addresses: addresses.slice(0, MAX_ADDRESSES),
    source,
    attempts: source === FOUND ? FOUND_ATTEMPTS : LOST_ATTEMPTS,
  }
}

function randomNumber(): number {
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1))
  return number || 1
}
