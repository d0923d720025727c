import { Fifo } from '../../platform/fifo.ts'
import { tasks } from '../../platform/task-queue.ts'
import type { FromPump, Part } from '../messages/messages.ts'
import type { RTCError } from '../standard/rtc-error.ts'

/**
 * What happens to a channel and becomes an event on it. `lost`: the tab, or something else the channel
 * depends on, has gone.
 */
export type ChannelEvent =
  | { type: 'message'; part: Part }
  | Extract<FromPump, { type: 'open' | 'closing' | 'error' | 'closed' }>
  | { type: 'lost'; error: RTCError }

/** What a {@link ChannelEventQueue} needs of its channel. */
export interface ChannelEventQueueInit {
  dispatch(event: ChannelEvent): void
  /** Messages that are dispatched in one task: see `BorrowedRtcOptions`. */
  messagesPerTask: number
  /** Resolves once the connection has dispatched what had happened to it before; never rejects. */
  settled(): Promise<void>
}

/**
 * Dispatches the events of one channel in order, each in a task of its own, so that promise callbacks run
 * between two of them as they do between the browser's own events.
 */
export class ChannelEventQueue {
  readonly #init: ChannelEventQueueInit
  /** Bounded by the pump: it sends messages while it has credit, and the others once each. */
  #events = new Fifo<ChannelEvent>()
  #isRunning = false
  #mayEnd = false

  constructor(init: ChannelEventQueueInit) {
    this.#init = init
  }

  /**
   * Call from the task of the port message that brought these events: the first is dispatched before this
   * returns.
   */
  push(events: readonly ChannelEvent[]): void {
    for (const event of events) this.#events.push(event)
    if (this.#isRunning) return
    this.#isRunning = true
    this.#dispatchNext()
  }

  /**
   * Ends the channel with this error, after the events that are queued. Dispatches nothing before it returns,
   * so it can be called anywhere.
   */
  pushLoss(error: RTCError): void {
    // The pump may have reported an end that hasn't been dispatched yet. It is this one.
    const kept = new Fifo<ChannelEvent>()
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      if (event.type !== 'closing' && event.type !== 'closed') kept.push(event)
    }
    this.#events = kept
    this.#events.push({ type: 'lost', error })
    this.#events.push({ type: 'closed' })
    if (this.#isRunning) return
    this.#isRunning = true
    tasks.push(() => this.#dispatchNext())
  }

  /**
   * From now on the end of the channel is dispatched without waiting for the connection: it was closed on
   * this side.
   */
  expectEnd(): void {
    this.#mayEnd = true
  }

  clear(): void {
    this.#events.clear()
  }

  #dispatchNext(): void {
    const event = this.#events.peek()
    if (event === undefined) {
      this.#isRunning = false
      return
    }
    if (this.#overtakes(event)) {
      this.#mayEnd = true
      // In a task of its own, so that code that awaited an answer of the connection runs first.
      void this.#init.settled().then(() => tasks.push(() => this.#dispatchNext()))
      return
    }
    this.#events.shift()
    this.#init.dispatch(event)
    this.#dispatchMessages(this.#init.messagesPerTask - 1)
    if (this.#events.length === 0) this.#isRunning = false
    else tasks.push(() => this.#dispatchNext())
  }

  #dispatchMessages(count: number): void {
    for (let left = count; left > 0; left -= 1) {
      const next = this.#events.peek()
      if (next?.type !== 'message') return
      this.#events.shift()
      this.#init.dispatch(next)
    }
  }

  /**
   * Whether the event could overtake what happened before it.
   *
   * The pump is faster than the tab's main thread, so the end of a channel would arrive before earlier events
   * and answers of the connection. In a page it arrives after them, and code relies on that: @libp2p/webrtc
   * misses a channel that closes between an answer and its check of the channel's state.
   */
  #overtakes({ type }: ChannelEvent): boolean {
    return !this.#mayEnd && (type === 'closing' || type === 'closed')
  }
}
