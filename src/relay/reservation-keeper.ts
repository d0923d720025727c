import type { Listener } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import type { Log } from './log.ts'
import { messageOf } from './log.ts'
import type { Peer } from './peer.ts'

/** Milliseconds for one attempt to reach a relay and to get its reservation. */
const ATTEMPT_TIMEOUT_MS = 10_000
/** The first wait after a second failure in a row; it doubles up to the longest, and each is drawn from half to whole. */
const FIRST_BACKOFF_MS = 500
const LONGEST_BACKOFF_MS = 15_000

/** How it stands with one relay. */
export type ReservationState =
  | { kind: 'trying' }
  | { kind: 'held'; sinceMs: number }
  | { kind: 'waiting'; failures: number; lastError: string }
  | { kind: 'stopped' }

/**
 * Holds a reservation on one relay for as long as it is asked to: js-libp2p makes one, renews it, and forgets it when the
 * relay is gone; this one then tries again, at once first and then with back-off.
 */
export class ReservationKeeper {
  /** The relay's peer ID. */
  readonly relay: string
  readonly #addresses: Multiaddr[]
  readonly #peer: Peer
  readonly #log: Log
  readonly #stopping = new AbortController()
  readonly #changed: (state: ReservationState) => void
  #listener: Listener | undefined
  #state: ReservationState = { kind: 'trying' }
  #wake: (() => void) | undefined

  /** `addresses` are the relay's, each ending in its `/p2p/…`. `changed` is called at every change of state. */
  constructor(
    peer: Peer,
    relay: string,
    addresses: Multiaddr[],
    log: Log,
    changed: (state: ReservationState) => void,
  ) {
    this.#peer = peer
    this.relay = relay
    this.#addresses = addresses
    this.#log = log
    this.#changed = changed
    void this.#run()
  }

  get state(): ReservationState {
    return this.#state
  }

  /** Tries at once instead of waiting: the network is back, the machine has woken up. */
  retry(): void {
    this.#wake?.()
  }

  /** Lets go; the relay frees the reservation when it expires or when the connection ends. */
  stop(): void {
    this.#stopping.abort()
    this.#wake?.()
    this.#become({ kind: 'stopped' })
  }

  async #run(): Promise<void> {
    let failures = 0
    while (!this.#stopping.signal.aborted) {
      try {
        this.#become({ kind: 'trying' })
        await this.#reserve()
        if (failures > 1) this.#log('warn', `relay ${this.relay} can be used again`)
        failures = 0
        this.#become({ kind: 'held', sinceMs: Date.now() })
        await this.#lost()
        this.#log('warn', `relay ${this.relay}: the reservation is lost`)
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        failures += 1
        const lastError = messageOf(error)
        this.#become({ kind: 'waiting', failures, lastError })
        // The first attempt after a loss often comes too soon, and those after the second would only say it again.
        this.#log(failures === 2 ? 'warn' : 'debug', `relay ${this.relay} cannot be used: ${lastError}`)
        await this.#backOff(failures)
      }
    }
  }

  async #reserve(): Promise<void> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)])
    await this.#peer.libp2p.dial(this.#addresses, { signal })
    const address = multiaddr(`/p2p/${this.relay}/p2p-circuit`)
    if (this.#listener === undefined) {
      const { listener, error } = await this.#peer.listen(address)
      this.#listener = listener
      if (error !== undefined) throw new Error(messageOf(error), { cause: error })
    } else {
      await this.#listener.listen(address)
    }
    if (!this.#isHeld()) throw new Error('the relay gave no address')
  }

  #isHeld(): boolean {
    return (this.#listener?.getAddrs().length ?? 0) > 0
  }

  async #lost(): Promise<void> {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.#isHeld() && !this.#stopping.signal.aborted) return
        this.#listener?.removeEventListener('listening', check)
        resolve()
      }
      this.#listener?.addEventListener('listening', check)
      this.#stopping.signal.addEventListener('abort', check, { once: true })
      check()
    })
  }

  async #backOff(failures: number): Promise<void> {
    if (failures === 1) return
    const longest = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 2))
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, longest * (0.5 + Math.random() / 2))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }

  #become(state: ReservationState): void {
    this.#state = state
    this.#changed(state)
  }
}
