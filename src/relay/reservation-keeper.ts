import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
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
/** Milliseconds that a reservation must have stood for its loss to be a first failure, and not one in a row. */
const STEADY_MS = 15_000

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
  /** Where it is dialled; its owner replaces them when it learns of others. */
  addresses: Multiaddr[]
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
    this.addresses = addresses
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
        const sinceMs = Date.now()
        this.#become({ kind: 'held', sinceMs })
        await this.#lost()
        if (Date.now() - sinceMs > STEADY_MS) failures = 0
        throw new Error('the reservation is lost')
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        failures += 1
        const lastError = messageOf(error).split('\n')[0] ?? ''
        // The first attempt after a loss often comes too soon, and those after the second would only say it again.
        this.#log(failures === 2 ? 'warn' : 'debug', `relay ${this.relay} cannot be used: ${lastError}`)
        this.#become({ kind: 'waiting', failures, lastError })
        await this.#backOff(failures)
      }
    }
  }

  async #reserve(): Promise<void> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)])
    const connection = await this.#peer.libp2p.dial(this.addresses, { signal })
    // js-libp2p never again asks a peer that once did not serve circuits; a relay that has just started may not do so yet.
    const stream = await connection.newStream(RELAY_V2_HOP_CODEC, { signal })
    stream.abort(new Error('it was only asked for'))
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
    const { signal } = this.#stopping
    const watching = new AbortController()
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (!this.#isHeld() || signal.aborted) resolve()
      }
      this.#listener?.addEventListener('listening', check, { signal: watching.signal })
      signal.addEventListener('abort', check, { signal: watching.signal })
      check()
    })
    watching.abort()
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
    if (this.#state.kind === 'stopped') return
    this.#state = state
    this.#changed(state)
  }
}
