import type { OperatorLink } from '../admin-link.ts'
import type { MessageDescription } from './message-description.ts'
import { describeMessage, searchTextOf } from './message-description.ts'

/** Milliseconds between two looks for new messages. */
export const DEFAULT_LOOK_INTERVAL_MS = 250
/** Messages that the page keeps; with one more, the oldest goes. As many as the peer keeps. */
export const DEFAULT_MAX_MESSAGES = 2_000

/** What the list shows. */
export interface Filter {
  /** Words, all of which must be in a message. */
  words: string
  direction: 'both' | 'in' | 'out'
}

/** The messages that passed, as the page has them: it fetches those that are new while it is watched. */
export class MessageList {
  filter: Filter = { words: '', direction: 'both' }
  /** New messages wait at the peer. */
  isPaused = false
  readonly #changed: () => void
  #messages: MessageDescription[] = []
  /** Whose messages they are: another peer counts anew. */
  #link: OperatorLink | undefined
  #next = 0
  #watch: AbortController | undefined
  #isLooking = false

  constructor(changed: () => void) {
    this.#changed = changed
  }

  get isWatched(): boolean {
    return this.#watch !== undefined
  }

  /** The newest last. */
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

  /** Fetches what is new, now and again, until {@link unwatch} or the end of the link. */
  watch(link: OperatorLink): void {
    if (this.#watch !== undefined) return
    if (link !== this.#link) this.#next = 0
    this.#link = link
    const watch = new AbortController()
    this.#watch = watch
    const timer = setInterval(() => void this.#look(link, watch.signal), DEFAULT_LOOK_INTERVAL_MS)
    watch.signal.addEventListener('abort', () => clearInterval(timer))
    void link.closed.then(() => this.#stop(watch))
    void this.#look(link, watch.signal)
  }

  unwatch(): void {
    if (this.#watch !== undefined) this.#stop(this.#watch)
  }

  /** Forgets all that was fetched. */
  clear(): void {
    this.#messages = []
    this.#changed()
  }

  #stop(watch: AbortController): void {
    watch.abort()
    if (this.#watch === watch) this.#watch = undefined
  }

  async #look(link: OperatorLink, signal: AbortSignal): Promise<void> {
    if (this.isPaused || document.visibilityState !== 'visible' || this.#isLooking) return
    this.#isLooking = true
    try {
      const { records, next } = await link.ask({ type: 'messages', from: this.#next })
      // What was asked for before the pause is asked for again after it.
      if (signal.aborted || this.isPaused) return
      this.#next = next
      if (records.length === 0) return
      this.#messages.push(...records.map(describeMessage))
      this.#messages.splice(0, Math.max(0, this.#messages.length - DEFAULT_MAX_MESSAGES))
      this.#changed()
    } catch (error) {
      // The link is over, which whoever made it sees, or the next look finds what this one did not.
      console.debug('libp2p-websocket:', error)
    } finally {
      this.#isLooking = false
    }
  }
}
