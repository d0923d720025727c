import type { Connection, Libp2p } from '@libp2p/interface'

/** What a circuit relay announced for a circuit when it opened. */
interface AnnouncedLimits {
  bytes: bigint | undefined
  seconds: number | undefined
  /** When the circuit opened, by `performance.now()`. */
  openedMs: number
}

/**
 * Bytes of a circuit's allowance that may be left when its end counts as the limit. Whatever the circuit
 * relay holds when it cuts the circuit, up to a stream's window, is counted there but never arrives here.
 */
const LIMIT_MARGIN_BYTES = 327_680n
/**
 * The same for a circuit that its circuit relay closes in order, as go-libp2p does once the allowance is used
 * up.
 */
const ORDERLY_MARGIN_BYTES = 4_096n
/**
 * At least one part in this many of the allowance must be used, so that a small allowance isn't all margin.
 */
const MIN_USED_PART = 8n
/**
 * Milliseconds between the announced and the actual end of a circuit for the end to count as the limit. The
 * circuit relay starts to count before the handshake is done, and its reset takes a while to arrive.
 */
const LIMIT_MARGIN_MS = 3_000
/**
 * From this value on, the announced seconds may be milliseconds: js-libp2p's circuit relay keeps its limit in
 * milliseconds and sends the number as it is, where the specification has seconds. We know of no other that
 * allows a circuit only 16 minutes.
 */
const MIN_MILLISECONDS = 1_000

/** Tells whether a circuit ended because it used up the limits that its circuit relay had announced. */
export class CircuitLimits {
  readonly #announced = new WeakMap<Connection, AnnouncedLimits>()
  readonly #isConnected: (relay: string) => boolean

  /**
   * `isConnected` returns whether a peer is still connected: if the circuit relay is gone, no limit was
   * reached.
   */
  constructor(libp2p: Libp2p, isConnected: (peer: string) => boolean) {
    this.#isConnected = isConnected
    libp2p.addEventListener('connection:open', ({ detail: connection }) => {
      const { limits } = connection
      if (limits === undefined) return
      const openedMs = performance.now()
      this.#announced.set(connection, { bytes: limits.bytes, seconds: limits.seconds, openedMs })
    })
  }

  /**
   * Returns which limit the circuit reached, in words; undefined if it ended for another reason. Call it as
   * soon as a stream over the circuit is lost.
   */
  reached(connection: Connection, relay: string): string | undefined {
    const announced = this.#announced.get(connection)
    if (announced === undefined || !this.#isConnected(relay)) return undefined
    // js-libp2p's circuit relay resets a circuit at its limit. One that closes in order was closed by its
    // other end, or by a circuit relay that has passed on everything it allows.
    const isCut = connection.status === 'aborted' || connection.status === 'reset'
    const { bytes, seconds, openedMs } = announced
    const bytesLeft = connection.limits?.bytes
    if (bytes !== undefined && bytesLeft !== undefined) {
      const isUsed = (bytes - bytesLeft) * MIN_USED_PART >= bytes
      if (isUsed && bytesLeft < (isCut ? LIMIT_MARGIN_BYTES : ORDERLY_MARGIN_BYTES))
        return 'its bytes are used up'
    }
    if (seconds === undefined || !isCut) return undefined
    const ageMs = performance.now() - openedMs
    const possibleEndsMs = seconds >= MIN_MILLISECONDS ? [seconds * 1000, seconds] : [seconds * 1000]
    const endMs = possibleEndsMs.find((at) => Math.abs(ageMs - at) < LIMIT_MARGIN_MS)
    return endMs === undefined ? undefined : `its ${Math.round(endMs / 1000)} s are over`
  }
}
