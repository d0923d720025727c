import type { Connection, Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** How often one `/webrtc` address is dialled, if attempts stall. */
const MAX_ATTEMPTS = 4
/**
 * The shortest timeout of the first attempt, in milliseconds from the other side's answer. Each further
 * attempt has twice the timeout of the one before. The last has no timeout except the caller's signal.
 */
const MIN_TIMEOUT_MS = 750
/** On a slow path, the timeout is this many round trips: ICE, DTLS and SCTP need six or seven. */
const TIMEOUT_ROUND_TRIPS = 12
/** The longest timeout of the first attempt. More helps on no path. */
const MAX_TIMEOUT_MS = 3_000

/**
 * Dials one `/webrtc` address. Aborts an attempt that stalls, and tries again.
 *
 * About one dial in ten between browsers, and more in Node, hangs in `@libp2p/webrtc` although both sides are
 * connected. The dialer waits for its first data channel to open, but the other side has already finished and
 * closed that channel, so the event never comes. After the other side's answer, a dial needs only a few round
 * trips, and the dialer has measured how long one takes. An attempt that takes much longer has stalled.
 *
 * With `force`, it dials even if a connection to the peer is open. Rejects with the last attempt's error, or
 * with the signal's reason.
 */
export async function dialWebRtc(
  { libp2p }: { readonly libp2p: Pick<Libp2p, 'dial'> },
  address: Multiaddr,
  signal: AbortSignal,
  force = false,
): Promise<Connection> {
  let timeoutFactor = 1
  for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
    const stall = new AbortController()
    const watch = new AnswerWatch(timeoutFactor, () => stall.abort(new Error('the connection stalled')))
    try {
      const connection = await libp2p.dial(address, {
        signal: AbortSignal.any([signal, stall.signal]),
        force,
        onProgress: ({ type }) => watch.progress(type),
      })
      // js-libp2p runs one dial for each peer at a time, so this one may have joined a dial of a circuit.
      if (connection.direct) return connection
    } catch (error) {
      signal.throwIfAborted()
      if (!stall.signal.aborted) throw error
    } finally {
      watch.stop()
    }
    timeoutFactor *= 2
  }
  const connection = await libp2p.dial(address, { signal, force })
  if (connection.direct) return connection
  throw new Error('the dial joined another one, which opened a circuit')
}

/** Calls `stalled` if a dial takes too long after the other side's answer, as {@link dialWebRtc} explains. */
class AnswerWatch {
  readonly #factor: number
  readonly #stalled: () => void
  #offeredAt: number | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(factor: number, stalled: () => void) {
    this.#factor = factor
    this.#stalled = stalled
  }

  /** Notes a progress event of `@libp2p/webrtc` by its name. */
  progress(type: string): void {
    if (type === 'webrtc:send-sdp-offer') this.#offeredAt = performance.now()
    if (type !== 'webrtc:read-ice-candidates' || this.#offeredAt === undefined) return
    const roundTripMs = performance.now() - this.#offeredAt
    const timeoutMs = Math.max(MIN_TIMEOUT_MS, Math.min(MAX_TIMEOUT_MS, TIMEOUT_ROUND_TRIPS * roundTripMs))
    this.#timer = setTimeout(this.#stalled, this.#factor * timeoutMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
