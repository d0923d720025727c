import { setMaxListeners } from 'node:events'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { addressGroup } from '../../relay/addresses/address-group.ts'
import type { CircuitRelayLimits } from './circuit-relay-limits.ts'

/** The limit of a circuit as js-libp2p's server enforces it. Missing values are unlimited. */
export interface CircuitLimit {
  data?: bigint
  /** Milliseconds, unlike in the protocol. `announced-limit.ts` replaces what other peers are told. */
  duration?: number
}

/** One reservation, with what js-libp2p's server reads. */
export interface Slot {
  /** The peer's address when the reservation was last granted or renewed. */
  addr: Multiaddr
  expiry: Date
  limit: CircuitLimit | undefined
  /** Aborted when the reservation ends, which ends its circuits. */
  signal: AbortSignal
}

/** `full`: all reservations are taken. `address`: the share of the peer's address is taken. */
export type ReservationRefusal = 'full' | 'address'

/** The answer to a request. Statuses are those of circuit relay v2; `expire` is in seconds since 1970. */
export type ReservationAnswer =
  | { status: 'OK'; expire: number }
  | { status: 'RESERVATION_REFUSED' | 'RESOURCE_LIMIT_EXCEEDED' }

interface HeldSlot extends Slot {
  group: string
  ending: AbortController
  timer: NodeJS.Timeout
}

/**
 * The reservations of a circuit relay. They are granted within the total and the per-address limit, renewed
 * whenever their peers ask, and freed as soon as they expire or their peers leave.
 *
 * It replaces the store of js-libp2p's server and has the same methods. That store frees reservations only
 * when they expire, has no per-address limit, and ends a reservation that was renewed twice, with its
 * circuits, when its first renewal expires, because it doesn't clear the old timer.
 */
export class ReservationBook {
  /** Number of refused requests since the start. */
  readonly refused: Record<ReservationRefusal, number> = { full: 0, address: 0 }
  readonly #limits: CircuitRelayLimits
  readonly #ttlMs: number
  readonly #slots = new Map<string, HeldSlot>()
  /** Number of reservations per address group. */
  readonly #groups = new Map<string, number>()

  constructor(limits: CircuitRelayLimits, ttlMs: number) {
    this.#limits = limits
    this.#ttlMs = ttlMs
  }

  /** Number of current reservations. */
  get size(): number {
    return this.#slots.size
  }

  /** Current reservations, by peer ID. */
  get reservations(): ReadonlyMap<string, Slot> {
    return this.#slots
  }

  /** Grants or renews a reservation. `address` is the remote address of the peer's request. */
  reserve(peer: PeerId, address: Multiaddr): ReservationAnswer {
    const id = peer.toString()
    const known = this.#slots.get(id)
    const group = addressGroup(address)
    const { reservations, reservationsPerAddress } = this.#limits
    if (known === undefined && this.#slots.size >= reservations) {
      this.refused.full += 1
      return { status: 'RESERVATION_REFUSED' }
    }
    const isNewHere = known?.group !== group
    if (isNewHere && reservationsPerAddress > 0 && (this.#groups.get(group) ?? 0) >= reservationsPerAddress) {
      this.refused.address += 1
      return { status: 'RESOURCE_LIMIT_EXCEEDED' }
    }

    clearTimeout(known?.timer)
    if (known !== undefined) this.#count(known.group, -1)
    this.#count(group, 1)
    const ending = known?.ending ?? endingFor(this.#limits)
    const expiry = new Date(Date.now() + this.#ttlMs)
    const timer = setTimeout(() => this.#end(id, new Error('the reservation has expired')), this.#ttlMs)
    timer.unref()
    this.#slots.set(id, {
      addr: address,
      expiry,
      limit: limitOf(this.#limits),
      signal: ending.signal,
      group,
      ending,
      timer,
    })
    return { status: 'OK', expire: Math.floor(expiry.getTime() / 1000) }
  }

  get(peer: PeerId): Slot | undefined {
    return this.#slots.get(peer.toString())
  }

  /** Frees the slot of a peer that has left, or that didn't receive the answer. */
  removeReservation(peer: PeerId): void {
    this.#end(peer.toString(), new Error('the peer has left the circuit relay'))
  }

  clear(): void {
    for (const id of this.#slots.keys()) this.#end(id, new Error('the circuit relay is stopping'))
  }

  #end(id: string, reason: Error): void {
    const slot = this.#slots.get(id)
    if (slot === undefined) return
    clearTimeout(slot.timer)
    this.#slots.delete(id)
    this.#count(slot.group, -1)
    slot.ending.abort(reason)
  }

  #count(group: string, by: number): void {
    const count = (this.#groups.get(group) ?? 0) + by
    if (count === 0) this.#groups.delete(group)
    else this.#groups.set(group, count)
  }
}

/** Each circuit to the peer listens to the signal, and Node warns about more than ten listeners. */
function endingFor({ circuits }: CircuitRelayLimits): AbortController {
  const ending = new AbortController()
  setMaxListeners(circuits + 1, ending.signal)
  return ending
}

function limitOf({ circuitBytes, circuitMs }: CircuitRelayLimits): CircuitLimit | undefined {
  if (circuitBytes === 0 && circuitMs === 0) return undefined
  return {
    ...(circuitBytes === 0 ? {} : { data: BigInt(circuitBytes) }),
    ...(circuitMs === 0 ? {} : { duration: circuitMs }),
  }
}
