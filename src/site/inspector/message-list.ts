import type { AdminClient } from '../admin-client.ts'
import type { MessageDescription } from './message-description.ts'
import { describeMessage, searchTextOf } from './message-description.ts'

/** Milliseconds between two requests for new messages. */
export const DEFAULT_POLL_INTERVAL_MS = 250
/** The most messages to keep; beyond that, the oldest are dropped. The peer keeps the same number. */
export const DEFAULT_MAX_MESSAGES = 2_000

/** Selects the messages to show. */
export interface Filter {
  /** Words separated by spaces, all of which a message must contain. */
  words: string
  direction: 'both' | 'in' | 'out'
}

/** The recorded messages. Fetches new ones from the peer while it is watched. */
export class MessageList {
  filter: Filter = { words: '', direction: 'both' }
  /** While paused, new messages aren't fetched from the peer. */
  isPaused = false
  readonly #changed: () => void
  #messages: MessageDescription[] = []
  /** The client of the peer that `#next` refers to. Each peer numbers its own messages. */
  #admin: AdminClient | undefined
  #next = 0
  #watch: AbortController | undefined
  #isPolling = false

  constructor(changed: () => void) {
    this.#changed = changed
  }

  get isWatched(): boolean {
    return this.#watch !== undefined
  }

  /** The messages that match the filter, newest last. */
  get shown(): MessageDescription[] {
    const { words, direction } = this.filter
    const wanted = words.toLowerCase().split(/\s+/u).filter(Boolean)
    return this.#messages.filter((message) => {
      if (direction !== 'both' && message.record.direction !== direction) return false
      if (wanted.length === 0) return true
      const text = searchTextOf(message)
      return wanted.every((word) => text.includes(word))
    })
  }

  get count(): number {
    return this.#messages.length
  }

  /** Fetches new messages regularly until {@link unwatch} is called or the connection closes. */
  watch(admin: AdminClient): void {
    if (this.#watch !== undefined) return
    if (admin !== this.#admin) this.#next = 0
    this.#admin = admin
    const watch = new AbortController()
    this.#watch = watch
    const timer = setInterval(() => void this.#poll(admin, watch.signal), DEFAULT_POLL_INTERVAL_MS)
    watch.signal.addEventListener('abort', () => clearInterval(timer))
    void admin.closed.then(() => this.#stop(watch))
    void this.#poll(admin, watch.signal)
  }

  unwatch(): void {
    if (this.#watch !== undefined) this.#stop(this.#watch)
  }

  /** Drops all fetched messages. */
  clear(): void {
    this.#messages = []
    this.#changed()
  }

  #stop(watch: AbortController): void {
    watch.abort()
    if (this.#watch === watch) this.#watch = undefined
  }

  #isWanted(): boolean {
    return !this.isPaused && document.visibilityState === 'visible'
  }

  async #poll(admin: AdminClient, signal: AbortSignal): Promise<void> {
    if (this.#isPolling || !this.#isWanted()) return
    this.#isPolling = true
    try {
      const { records, next } = await admin.ask({ type: 'messages', from: this.#next })
      // `#next` stays unchanged, so these messages are requested again after the pause.
      if (signal.aborted || this.isPaused) return
      this.#next = next
      if (records.length === 0) return
      this.#messages.push(...records.map(describeMessage))
      this.#messages.splice(0, Math.max(0, this.#messages.length - DEFAULT_MAX_MESSAGES))
      this.#changed()
    } catch (error) {
      // The connection was lost, which PeerWatch reports, or the next request will succeed.
      console.debug('libp2p-websocket:', error)
    } finally {
      this.#isPolling = false
    }
  }
}
