import type { PumpLimits, ToPumpWorker } from '../messages/messages.ts'
import { Pump } from '../pump/pump.ts'
import { isFromPumpWorker } from '../messages/pump-guards.ts'

/** How long the pump worker's script may take to say that it runs, before the page pumps itself. */
export const DEFAULT_PUMP_START_MS = 10_000

/** Where data flows: not settled yet, in the dedicated worker, or on the page's main thread. */
export type PumpPlace = 'starting' | 'worker' | 'page'

/**
 * The place where a tab's data channels are pumped: a dedicated worker, or the page itself where there is no
 * worker (its script is missing, a policy forbids it) or a channel cannot be transferred.
 */
export class PumpHost {
  /** Resolves once the place is known: a channel handed to a worker that never comes would be lost. */
  readonly settled: Promise<void>
  readonly #limits: PumpLimits
  #worker: Worker | undefined
  #place: PumpPlace = 'starting'
  #nextKey = 0
  #inPage = 0

  /** `start` makes the worker; what it throws means that there is none. `signal` ends it. */
  constructor(start: () => Worker, limits: PumpLimits, startMs: number, signal: AbortSignal) {
    this.#limits = limits
    this.settled = new Promise((resolve) => {
      const settle = (place: PumpPlace): void => {
        if (this.#place !== 'starting') return
        this.#place = place
        clearTimeout(timer)
        if (place === 'page') this.#worker?.terminate()
        resolve()
      }
      const timer = setTimeout(() => settle('page'), startMs)
      signal.addEventListener('abort', () => {
        settle('page')
        this.#worker?.terminate()
      })
      try {
        this.#worker = start()
      } catch {
        settle('page')
        return
      }
      this.#worker.addEventListener('error', () => settle('page'), { signal })
      this.#worker.addEventListener(
        'message',
        ({ data }: MessageEvent<unknown>) => {
          if (isFromPumpWorker(data)) settle('worker')
        },
        { signal },
      )
    })
  }

  get place(): PumpPlace {
    return this.#place
  }

  /** Channels that the page pumps, because they could not go to a worker. */
  get inPage(): number {
    return this.#inPage
  }

  /** Takes a channel over, in the task that made it, and the port on which its borrower is served. */
  hand(channel: RTCDataChannel, port: MessagePort): void {
    if (this.#place === 'worker' && this.#transfer(channel, port)) return
    this.#inPage += 1
    new Pump(channel, this.#limits).connect(port)
  }

  #transfer(channel: RTCDataChannel, port: MessagePort): boolean {
    const key = this.#nextKey
    this.#nextKey += 1
    // In two messages, so that the port is still here if the channel cannot be transferred.
    try {
      this.#post({ type: 'adopt', key, channel, limits: this.#limits }, channel)
    } catch {
      return false
    }
    this.#post({ type: 'connect', key, port }, port)
    return true
  }

  #post(message: ToPumpWorker, transfer: RTCDataChannel | MessagePort): void {
    this.#worker?.postMessage(message, [transfer])
  }
}
