import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import { addressGroup } from '../addresses/address-group.ts'
import { circuitRelayOf } from '../addresses/circuit-relay-of.ts'

/** Milliseconds without a byte after which a handshake ends: its other side has nothing to wait for, but the time on the way. */
const SILENCE_MS = 5_000
const SWEEP_MS = 1_000

/** What carries a connection, with the method by which its bytes come in, which is no part of js-libp2p's interface. */
interface Carrier {
  onData(data: unknown): void
}

interface Handshake {
  carrier: MultiaddrConnection
  /** The host that has come; of a circuit its relay, and whom that brings. A relay may name any peer. */
  source: string
  peer: string
  heardMs: number
  /** Stops noting when bytes come in. */
  leave: () => void
}

/**
 * The handshakes with those who have come, by any transport, until each is a connection.
 *
 * There is room for a newcomer always. Past the bound, of all or of one source, the oldest handshake of whoever has most of them gives
 * way: so those who come and say nothing keep nobody out who completes a handshake in the time that theirs have.
 */
export class PendingHandshakes {
  readonly #max: number
  /** In the order in which they began. */
  readonly #handshakes = new Map<MultiaddrConnection, Handshake>()
  #sweep: ReturnType<typeof setInterval> | undefined

  /** There are `max` at most, and half as many of one source. */
  constructor(max: number) {
    this.#max = max
  }

  /** A connection gater that notes when a handshake begins and when it is done, and is `gater` in all else. */
  gate(gater: ConnectionGater): ConnectionGater {
    return {
      ...gater,
      denyInboundConnection: async (carrier) => {
        if ((await gater.denyInboundConnection?.(carrier)) === true) return true
        this.#begin(carrier)
        return false
      },
      denyInboundUpgradedConnection: async (peer, carrier) => {
        this.#end(carrier)
        return (await gater.denyInboundUpgradedConnection?.(peer, carrier)) ?? false
      },
    }
  }

  #begin(carrier: MultiaddrConnection): void {
    const { remoteAddr } = carrier
    const relay = circuitRelayOf({ remoteAddr })
    const source = relay ?? addressGroup(remoteAddr)
    const peer = relay === undefined ? '' : (remoteAddr.getComponents().at(-1)?.value ?? '')
    const heard = (): void => {
      handshake.heardMs = performance.now()
    }
    const leave = noteBytes(carrier, heard)
    const handshake: Handshake = { carrier, source, peer, heardMs: performance.now(), leave }
    this.#makeRoom(source)
    this.#handshakes.set(carrier, handshake)
    carrier.addEventListener('close', () => this.#end(carrier), { once: true })
    this.#sweep ??= setInterval(() => this.#endSilent(), SWEEP_MS)
  }

  #end(carrier: MultiaddrConnection): void {
    this.#handshakes.get(carrier)?.leave()
    this.#handshakes.delete(carrier)
    if (this.#handshakes.size > 0) return
    clearInterval(this.#sweep)
    this.#sweep = undefined
  }

  #makeRoom(source: string): void {
    const all = [...this.#handshakes.values()]
    const same = all.filter((one) => one.source === source)
    const isShareFull = same.length >= this.#max / 2
    if (!isShareFull && all.length < this.#max) return
    const most = isShareFull ? same : largest(all, (one) => one.source)
    const [oldest] = largest(most, (one) => one.peer)
    if (oldest === undefined) return
    this.#end(oldest.carrier)
    oldest.carrier.abort(
      new Error('too many handshakes are under way, and this one is the oldest of its source'),
    )
  }

  #endSilent(): void {
    const untilMs = performance.now() - SILENCE_MS
    for (const { carrier, heardMs } of this.#handshakes.values()) {
      if (heardMs < untilMs) carrier.abort(new Error(`no handshake: ${SILENCE_MS / 1_000} s without a byte`))
    }
  }
}

/** Those of the largest group, in their order. */
function largest(handshakes: Handshake[], groupOf: (handshake: Handshake) => string): Handshake[] {
  const groups = new Map<string, Handshake[]>()
  for (const handshake of handshakes) {
    const group = groupOf(handshake)
    groups.set(group, [...(groups.get(group) ?? []), handshake])
  }
  return [...groups.values()].reduce((most, group) => (group.length > most.length ? group : most), [])
}

/** Calls `heard` whenever bytes come in, until the function that it returns is called. */
function noteBytes(carrier: object, heard: () => void): () => void {
  if (!isCarrier(carrier)) return () => undefined
  const onData = carrier.onData.bind(carrier)
  let listens = true
  carrier.onData = (data) => {
    if (listens) heard()
    onData(data)
  }
  return () => {
    listens = false
  }
}

function isCarrier(carrier: object): carrier is Carrier {
  return 'onData' in carrier && typeof carrier.onData === 'function'
}
