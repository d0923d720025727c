import type { Connection, Libp2p } from '@libp2p/interface'

/** What a relay has announced for a circuit, when it was made. */
interface Announced {
  bytes: bigint | undefined
  seconds: number | undefined
}

/**
 * Bytes left of a circuit's allowance below which its end is taken for the limit: what the relay holds of the circuit when
 * it cuts it, a stream's window at the most, counts there and never arrives here.
 */
const LIMIT_MARGIN_BYTES = 327_680n
/** The same for a circuit that its relay ends in order, as go-libp2p does once it has passed on all of the allowance. */
const ORDERLY_MARGIN_BYTES = 4_096n
/** The part of a small allowance that must be used up all the same. */
const MIN_USED_PART = 8n
/**
 * Milliseconds by which a circuit may end before its time or after it, for its end to be taken for the limit. The relay
 * began to count before the circuit's handshake was done, and its word for the end takes a while to arrive.
 */
const LIMIT_MARGIN_MS = 3_000
/**
 * From this on, the seconds that a relay has announced may also be milliseconds: js-libp2p's own relay keeps its limit in those,
 * and sends it as it is, where the specification has seconds. Few other relay is known to allow a circuit 16 minutes.
 */
const MIN_MILLISECONDS = 1_000

/** What relays have announced for the circuits that stand, and whether it is used up. */
export class CircuitLimits {
  readonly #announced = new WeakMap<Connection, Announced>()
  readonly #isConnected: (relay: string) => boolean

  /** `isConnected` says whether a peer is still connected: a circuit whose relay is gone has met no limit. */
  constructor(libp2p: Libp2p, isConnected: (peer: string) => boolean) {
    this.#isConnected = isConnected
    libp2p.addEventListener('connection:open', ({ detail: connection }) => {
      const { limits } = connection
      if (limits !== undefined)
        this.#announced.set(connection, { bytes: limits.bytes, seconds: limits.seconds })
    })
  }

  /**
   * The limit that the circuit has met, in words; undefined if it ended for another reason. To be asked at the time when a
   * stream over it is lost.
   */
  reached(connection: Connection, relay: string): string | undefined {
    const announced = this.#announced.get(connection)
    if (announced === undefined || !this.#isConnected(relay)) return undefined
    // js-libp2p's relay cuts a circuit by resetting it. One that ends in order is ended by whoever is at its other end, or by a
    // relay that has passed on all that it allows.
    const isCut = connection.status === 'aborted' || connection.status === 'reset'
    const { bytes, seconds } = announced
    const bytesLeft = connection.limits?.bytes
    if (bytes !== undefined && bytesLeft !== undefined) {
      const isUsed = (bytes - bytesLeft) * MIN_USED_PART >= bytes
      if (isUsed && bytesLeft < (isCut ? LIMIT_MARGIN_BYTES : ORDERLY_MARGIN_BYTES))
        return 'its bytes are used up'
    }
    if (seconds === undefined || !isCut) return undefined
    const ageMs = Date.now() - connection.timeline.open
    const endsAtMs = seconds >= MIN_MILLISECONDS ? [seconds * 1000, seconds] : [seconds * 1000]
    const endMs = endsAtMs.find((at) => Math.abs(ageMs - at) < LIMIT_MARGIN_MS)
    return endMs === undefined ? undefined : `its ${Math.round(endMs / 1000)} s are over`
  }
}
