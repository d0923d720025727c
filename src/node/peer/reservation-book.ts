import { setMaxListeners } from 'node:events'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { addressGroup } from '../../relay/addresses/address-group.ts'
import type { RelayLimits } from './relay-limits.ts'

/** A circuit's limit as js-libp2p's server enforces it; what is missing is not limited. */
export interface CircuitLimit {
  data?: bigint
  /** Milliseconds, as js-libp2p's server counts. What it tells others is replaced by `announced-limit.ts`. */
  duration?: number
}

/** One reservation: what js-libp2p's server reads of it. */
export interface Slot {
  /** Of its peer, when it was last given. */
  addr: Multiaddr
  expiry: Date
  limit: CircuitLimit | undefined
  /** Aborted when the reservation ends: its circuits end with it. */
  signal: AbortSignal
}

/** `full`: all reservations are given. `address`: those that one address may have. */
export type ReservationRefusal = 'full' | 'address'

/** The answer to a peer that asks; statuses are those of the specification, times are seconds since 1970. */
export type ReservationAnswer =
  | { status: 'OK'; expire: number }
  | { status: 'RESERVATION_REFUSED' | 'RESOURCE_LIMIT_EXCEEDED' }

interface HeldSlot extends Slot {
  group: string
  ending: AbortController
  timer: NodeJS.Timeout
}

/**
 * The reservations of a relay: given while there is room and the peer's address has not its share yet, renewed as often as their
 * peers ask, and free again as soon as they end or their peers leave.
 *
 * It has the methods of the store of js-libp2p's server, whose place it takes. That one frees nothing but at the end of a
 * reservation, knows no addresses, and ends a reservation that was renewed twice, with its circuits, when the first renewal's
 * time is over: the timer of that one goes on.
 */
export class ReservationBook {
  /** Requests that were refused, ever. */
  readonly refused: Record<ReservationRefusal, number> = { full: 0, address: 0 }
  readonly #limits: RelayLimits
  readonly #ttlMs: number
  readonly #slots = new Map<string, HeldSlot>()
  /** How many reservations the peers of one address hold. */
  readonly #groups = new Map<string, number>()

  constructor(limits: RelayLimits, ttlMs: number) {
    this.#limits = limits
    this.#ttlMs = ttlMs
  }

  /** Reservations that are held. */
  get size(): number {
    return this.#slots.size
  }

  /** By the peer's ID. */
  get reservations(): ReadonlyMap<string, Slot> {
    return this.#slots
  }

  /** Gives a reservation, or renews it; `address` is where the peer's request has come from. */
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
    const timer = setTimeout(() => this.#end(id, new Error('the reservation is over')), this.#ttlMs)
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

  /** Frees the slot of a peer that has left, or could not be told of its reservation. */
  removeReservation(peer: PeerId): void {
    this.#end(peer.toString(), new Error('the peer has left the relay'))
  }

  clear(): void {
    for (const id of this.#slots.keys()) this.#end(id, new Error('the relay stops'))
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

/** Each circuit to the peer listens to it, and Node warns of more than ten. */
function endingFor({ circuits }: RelayLimits): AbortController {
  const ending = new AbortController()
  setMaxListeners(circuits + 1, ending.signal)
  return ending
}

function limitOf({ circuitBytes, circuitMs }: RelayLimits): CircuitLimit | undefined {
  if (circuitBytes === 0 && circuitMs === 0) return undefined
  return {
    ...(circuitBytes === 0 ? {} : { data: BigInt(circuitBytes) }),
    ...(circuitMs === 0 ? {} : { duration: circuitMs }),
  }
}
