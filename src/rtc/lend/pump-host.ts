import type { PumpLimits, ToPumpWorker } from '../messages/messages.ts'
import { Pump } from '../pump/pump.ts'
import { isFromPumpWorker } from '../messages/pump-guards.ts'

/** Milliseconds that the pump worker may take to start before the page pumps the data itself. */
export const DEFAULT_PUMP_START_MS = 10_000

/** Where data flows: not decided yet, in the dedicated worker, or on the page's main thread. */
export type PumpPlace = 'starting' | 'worker' | 'page'

/**
 * Runs the pumps of a tab's data channels: in a dedicated worker, or in the page itself if there is no worker
 * (its script is missing, a policy forbids it) or a channel can't be transferred.
 */
export class PumpHost {
  /** Resolves once the place is known. A channel passed to a worker that never starts would be lost. */
  readonly settled: Promise<void>
  readonly #limits: PumpLimits
  #worker: Worker | undefined
  #place: PumpPlace = 'starting'
  #nextKey = 0
  #inPage = 0

  /** `start` makes the worker, or throws if there is none. Aborting `signal` ends it. */
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

  /** The number of channels so far that the page pumps because they could not be moved to the worker. */
  get inPage(): number {
    return this.#inPage
  }

  /** Takes over a channel, in the task that made it, and the port to its borrower. */
  hand(channel: RTCDataChannel, port: MessagePort): void {
    if (this.#place === 'worker' && this.#transfer(channel, port)) return
    this.#inPage += 1
    new Pump(channel, this.#limits).connect(port)
  }

  #transfer(channel: RTCDataChannel, port: MessagePort): boolean {
    const key = this.#nextKey
    this.#nextKey += 1
    // In two messages, so that the port is still here if the channel can't be transferred.
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
