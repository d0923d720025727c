import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import { addressGroup } from '../addresses/address-group.ts'
import { circuitRelayOf } from '../addresses/circuit-relay-of.ts'

/**
 * Milliseconds without a byte after which a handshake is aborted. The other side only needs one round trip.
 */
const SILENCE_MS = 5_000
const SWEEP_MS = 1_000

/**
 * What carries a connection. All received bytes pass through this method, which js-libp2p's interface leaves
 * out.
 */
interface Carrier {
  onData(data: unknown): void
}

interface Handshake {
  carrier: MultiaddrConnection
  /** The remote host, or the circuit relay of a circuit. */
  source: string
  /** The remote peer of a circuit, as its circuit relay claims; else empty. */
  peer: string
  /** When the last byte was received, on the clock of `performance.now()`. */
  heardMs: number
  /** Stops watching for bytes. */
  leave: () => void
}

/**
 * Bounds the inbound handshakes that are not finished, over all transports.
 *
 * A new handshake always finds room. At the bound, for all or for one source, the oldest handshake of the
 * source with the most handshakes is aborted. Peers that connect and stay silent therefore can't keep others
 * out.
 */
export class PendingHandshakes {
  readonly #max: number
  /** The oldest first. */
  readonly #handshakes = new Map<MultiaddrConnection, Handshake>()
  #sweep: ReturnType<typeof setInterval> | undefined

  /** @param max the most handshakes at the same time; one source may have half of them */
  constructor(max: number) {
    this.#max = max
  }

  /** Returns a connection gater that observes when handshakes begin and end, and decides as `gater` does. */
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
    oldest.carrier.abort(new Error('there are too many handshakes, and this one is the oldest of its source'))
  }

  #endSilent(): void {
    const untilMs = performance.now() - SILENCE_MS
    for (const { carrier, heardMs } of this.#handshakes.values()) {
      if (heardMs < untilMs) carrier.abort(new Error(`no handshake: ${SILENCE_MS / 1_000} s without a byte`))
    }
  }
}

/** Returns the handshakes of the largest group, in their order. */
function largest(handshakes: Handshake[], groupOf: (handshake: Handshake) => string): Handshake[] {
  const groups = new Map<string, Handshake[]>()
  for (const handshake of handshakes) {
    const group = groupOf(handshake)
    groups.set(group, [...(groups.get(group) ?? []), handshake])
  }
  return [...groups.values()].reduce((most, group) => (group.length > most.length ? group : most), [])
}

/** Calls `heard` whenever bytes are received, until the returned function is called. */
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
