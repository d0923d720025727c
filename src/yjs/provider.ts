import { Awareness } from 'y-protocols/awareness'
import type { Doc } from 'yjs'
import type { Room, RoomLimits } from '../room/index.ts'
import { RoomError, joinRoom } from '../room/index.ts'
import { DocumentSync } from './document-sync.ts'
import { ProviderEmitter } from './provider-events.ts'
import type { ProviderOptions } from './provider-options.ts'

/** Milliseconds until a room that could not be joined is tried again: doubled each time, up to the second. */
const MIN_RETRY_MS = 1_000
const MAX_RETRY_MS = 30_000

/**
 * Shares a Yjs document with everybody who has one of the same room, with y-webrtc's options, properties and
 * events. It joins at once, and again after every loss, until `disconnect()` or `destroy()`.
 */
export class LibP2PProvider extends ProviderEmitter {
  readonly roomName: string
  readonly doc: Doc
  readonly awareness: Awareness
  /** Whether the provider joins the room, or tries to. */
  shouldConnect = false
  /** The room, while the provider is in it. */
  room: Room | null = null
  /**
   * Leaves the room for good, and removes all listeners. The document is left as it is. As in y-webrtc, it
   * can be passed on as a function.
   */
  readonly destroy = (): void => {
    this.doc.off('destroy', this.destroy)
    this.disconnect()
    this.removeListeners()
  }
  readonly #options: ProviderOptions
  /** Aborted by `disconnect()`. */
  #stopping = new AbortController()
  #sync: DocumentSync | undefined
  #isSynced = false
  #ownPeer: string | undefined

  constructor(roomName: string, doc: Doc, options: ProviderOptions = {}) {
    super()
    this.roomName = roomName
    this.doc = doc
    this.awareness = options.awareness ?? new Awareness(doc)
    this.#options = options
    doc.on('destroy', this.destroy)
    if (options.connect !== false) this.connect()
  }

  /** Whether the provider is in its room. There may be no other members. */
  get connected(): boolean {
    return this.room !== null && this.shouldConnect
  }

  /** Whether the document has everything that the present members had when they met. */
  get synced(): boolean {
    return this.#isSynced
  }

  connect(): void {
    if (this.shouldConnect) return
    this.shouldConnect = true
    this.#stopping = new AbortController()
    void this.#run(this.#stopping.signal)
  }

  /**
   * Leaves the room. Your own awareness state is kept for the next `connect()`; those of others are removed.
   */
  disconnect(): void {
    if (!this.shouldConnect) return
    this.shouldConnect = false
    this.#stopping.abort()
    this.room?.leave()
    this.#left()
  }

  async #run(signal: AbortSignal): Promise<void> {
    const isStopped = (): boolean => signal.aborted
    for (let failures = 0; !isStopped(); failures++) {
      try {
        const room = await this.#join(signal)
        failures = 0
        const { reason } = await room.closed
        this.#left()
        if (!isStopped()) this.fire('error', { error: new Error(`The room was lost: ${reason}`) })
      } catch (error) {
        if (isStopped()) return
        this.fire('error', { error: error instanceof Error ? error : new Error(String(error)) })
        // Trying again doesn't make an argument valid. Every other error may pass, even that of a wrong
        // password: it may come from somebody who is not in the room.
        if (error instanceof RoomError && error.code === 'ERR_INVALID_ARGUMENT') return
      }
      await pause(Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** failures), signal)
    }
  }

  async #join(signal: AbortSignal): Promise<Room> {
    const { client, url, scope, peers, WebSocket, limits, maxConns, password } = this.#options
    const bounds: Partial<RoomLimits> = {
      ...(maxConns === undefined ? {} : { maxMembers: maxConns + 1 }),
      ...limits,
    }
    const given = { client, url, scope, peers, WebSocket, secret: password ?? undefined }
    const room = await joinRoom(this.roomName, {
      ...withoutUndefined(given),
      limits: bounds,
      signal,
    })
    // An abort after the room was joined no longer leaves it.
    if (signal.aborted) {
      room.leave()
      return room
    }
    this.room = room
    this.#ownPeer = room.client?.peer
    room.addEventListener('error', ({ error }) => this.fire('error', { error }))
    this.#sync = new DocumentSync({
      doc: this.doc,
      awareness: this.awareness,
      room,
      origin: this,
      changed: (change) => this.#changed(change),
      failed: (error) => this.fire('error', { error }),
    })
    this.fire('status', { connected: true })
    return room
  }

  #left(): void {
    if (this.room === null) return
    this.room = null
    this.#sync?.stop()
    this.#sync = undefined
    this.#setSynced(false)
    this.fire('status', { connected: false })
  }

  #changed({ added, removed }: { added: string[]; removed: string[] }): void {
    const { members = [], isSynced = false } = this.#sync ?? {}
    if (added.length > 0 || removed.length > 0) {
      const near = members.filter(({ peer }) => peer === this.#ownPeer)
      const far = members.filter(({ peer }) => peer !== this.#ownPeer)
      const ids = (list: typeof members): string[] => list.map(({ id }) => id)
      this.fire('peers', { added, removed, webrtcPeers: ids(far), bcPeers: ids(near) })
    }
    this.#setSynced(isSynced && (members.length > 0 || this.#isSynced))
  }

  #setSynced(synced: boolean): void {
    if (synced === this.#isSynced) return
    this.#isSynced = synced
    this.fire('synced', { synced })
  }
}

/** Returns the fields that are set: an option that is undefined is not the same as one that is left out. */
function withoutUndefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    over.signal.addEventListener('abort', () => clearTimeout(timer))
    signal.addEventListener('abort', () => resolve(), { signal: over.signal })
    if (signal.aborted) resolve()
  })
  over.abort()
}
