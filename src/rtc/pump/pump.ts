import type { Burst } from './burst.ts'
import { Fifo } from '../../platform/fifo.ts'
import type { FromPump, Part, PumpLimits, ToPump } from '../messages/messages.ts'
import { buffersOf, byteLengthOf, costOf } from '../messages/part-cost.ts'
import { isToPump } from '../messages/pump-guards.ts'
import { MAX_BATCH_BYTES } from './pump-limits.ts'
import { tasks } from '../../platform/task-queue.ts'
import { describeError, unreachable } from '../standard/error-message.ts'

/** Received messages, and the events that keep their order with them. */
type Ordered =
  | { type: 'part'; part: Part; cost: number }
  | Extract<FromPump, { type: 'closing' | 'error' | 'closed' }>

/**
 * Moves the messages of one real data channel to and from a port. It runs in the tab's dedicated worker or,
 * if the channel can't be transferred, in the tab itself.
 *
 * Sending: the borrower respects its window, so everything goes into the channel immediately, and the pump
 * reports what has left its buffer. Receiving: at most one window is in flight to the borrower, and the rest
 * waits here, up to a bound.
 */
export class Pump {
  readonly #channel: RTCDataChannel
  readonly #limits: PumpLimits
  readonly #burst: Burst | undefined
  readonly #end = new AbortController()
  #port: MessagePort | undefined

  #opened = false
  /** What the borrower sent before the channel was open. */
  #waiting: Part[] = []
  #waitingCost = 0
  #closeWhenOpen = false
  #given = 0
  #reported = 0

  readonly #received = new Fifo<Ordered>()
  #receivedCost = 0
  #unacknowledged = 0
  #flushing = false
  #overflowed = false

  #ignored = 0

  /**
   * Takes over the channel. Its events are kept from now on, and forwarded once {@link connect} is called.
   * Pass `burst` only in a worker: timers are late in a hidden page.
   */
  constructor(channel: RTCDataChannel, limits: PumpLimits, burst?: Burst) {
    this.#channel = channel
    this.#limits = limits
    this.#burst = burst
    channel.binaryType = 'arraybuffer'
    const { signal } = this.#end
    channel.addEventListener('open', () => this.#open(), { signal })
    channel.addEventListener('message', (event: MessageEvent<Part>) => this.#receive(event.data), { signal })
    channel.addEventListener('bufferedamountlow', () => this.#report(), { signal })
    channel.addEventListener('closing', () => this.#enqueue({ type: 'closing' }), { signal })
    channel.addEventListener(
      'error',
      (event) => this.#enqueue({ type: 'error', error: describeError(event.error) }),
      { signal },
    )
    channel.addEventListener('close', () => this.#closed(), { signal })
  }

  /** Messages on the port that were malformed or came at the wrong time. Each was ignored. */
  get ignored(): number {
    return this.#ignored
  }

  /** Starts to serve the borrower on `port`. */
  connect(port: MessagePort): void {
    this.#port = port
    port.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (isToPump(data)) this.#serve(data)
      else this.#ignored += 1
    })
    port.start()
    const { id, readyState } = this.#channel
    if (id !== null) this.#post({ type: 'id', id })
    if (this.#opened) this.#post({ type: 'open', id })
    else if (readyState === 'open') this.#open()
    this.#schedule()
  }

  #serve(message: ToPump): void {
    switch (message.type) {
      case 'data':
        this.#send(message.parts)
        break
      case 'taken':
        this.#credit(message.cost)
        break
      case 'close':
        if (!this.#opened && this.#waiting.length > 0) this.#closeWhenOpen = true
        else this.#channel.close()
        break
      default:
        unreachable(message)
    }
  }

  #open(): void {
    if (this.#opened) return
    this.#opened = true
    this.#post({ type: 'open', id: this.#channel.id })
    const waiting = this.#waiting
    this.#waiting = []
    this.#send(waiting)
    if (this.#closeWhenOpen) this.#channel.close()
    this.#schedule()
  }

  #send(parts: Part[]): void {
    // The other peer's channel is open at the tab's `datachannel` event, but only a little later here.
    if (!this.#opened) {
      this.#wait(parts)
      return
    }
    for (const part of parts) {
      if (this.#channel.readyState !== 'open') return
      try {
        if (typeof part === 'string') this.#channel.send(part)
        else this.#channel.send(part)
      } catch (error) {
        // A message must not go missing silently, so nothing may follow it.
        this.#enqueue({ type: 'error', error: describeError(error) })
        this.#channel.close()
        return
      }
      this.#given += byteLengthOf(part)
    }
    this.#report()
  }

  #wait(parts: Part[]): void {
    for (const part of parts) this.#waitingCost += costOf(part)
    this.#waiting.push(...parts)
    const { maxUndeliveredBytes } = this.#limits
    if (this.#waitingCost <= maxUndeliveredBytes) return
    this.#waiting = []
    const message = `more than ${maxUndeliveredBytes} bytes were sent before the channel was open`
    this.#enqueue({ type: 'error', error: { kind: 'other', message } })
    this.#channel.close()
  }

  /**
   * Reports what has left the buffer since the last report, and sets the threshold for the next one.
   */
  #report(): void {
    const { bufferedAmount } = this.#channel
    const gone = this.#given - bufferedAmount
    if (gone > this.#reported) {
      this.#post({ type: 'gone', bytes: gone - this.#reported })
      this.#reported = gone
    }
    this.#channel.bufferedAmountLowThreshold = Math.max(0, bufferedAmount - this.#limits.reportBytes)
  }

  #receive(part: Part): void {
    // A message that arrives after the overflow would follow a gap.
    if (this.#overflowed) return
    const cost = costOf(part)
    const { maxUndeliveredBytes } = this.#limits
    if (this.#receivedCost + cost > maxUndeliveredBytes) {
      this.#overflowed = true
      const message = `the receiver did not keep up: more than ${maxUndeliveredBytes} bytes waited for it`
      this.#enqueue({ type: 'error', error: { kind: 'other', message } })
      this.#channel.close()
      return
    }
    this.#receivedCost += cost
    this.#enqueue({ type: 'part', part, cost })
  }

  #enqueue(item: Ordered): void {
    this.#received.push(item)
    this.#schedule()
  }

  /** Flushes in a task of its own, so that messages that have already arrived are included. */
  #schedule(): void {
    if (this.#flushing) return
    this.#flushing = true
    const flush = (): void => {
      this.#flushing = false
      this.#flush()
    }
    const waitMs = this.#burst?.waitMs(performance.now()) ?? 0
    if (waitMs > 0) setTimeout(flush, waitMs)
    else tasks.push(flush)
  }

  #flush(): void {
    // A transferred channel's first messages can arrive before its `open` event. A page never sees that
    // order.
    const held = !this.#opened && this.#channel.readyState === 'connecting'
    if (this.#port === undefined || held) return
    let parts: Part[] = []
    let batch = 0
    let gone = 0
    const flushParts = (): void => {
      if (parts.length > 0) this.#post({ type: 'data', parts }, buffersOf(parts))
      parts = []
      batch = 0
    }
    for (let next = this.#received.peek(); next !== undefined; next = this.#received.peek()) {
      if (next.type === 'part') {
        // A message that is larger than the whole window is still sent, alone.
        const full = this.#unacknowledged + next.cost > this.#limits.receiveWindowBytes
        if (full && this.#unacknowledged > 0) break
        parts.push(next.part)
        batch += next.cost
        gone += next.cost
        this.#unacknowledged += next.cost
        this.#receivedCost -= next.cost
        if (batch >= MAX_BATCH_BYTES) flushParts()
      } else {
        flushParts()
        this.#post(next)
      }
      this.#received.shift()
    }
    flushParts()
    if (gone > 0) this.#burst?.add(gone, performance.now())
  }

  #credit(cost: number): void {
    if (cost > this.#unacknowledged) {
      this.#ignored += 1
      return
    }
    this.#unacknowledged -= cost
    // Messages that wait for the end of a burst are flushed then.
    if (!this.#flushing) this.#flush()
  }

  #closed(): void {
    this.#end.abort()
    this.#waiting = []
    this.#enqueue({ type: 'closed' })
  }

  #post(message: FromPump, transfer: Transferable[] = []): void {
    this.#port?.postMessage(message, transfer)
  }
}
