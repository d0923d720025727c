import type { Connection, Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Times that one dial to a `/webrtc` address is begun, if the former stall. */
const MAX_ATTEMPTS = 4
/**
 * Milliseconds after the other side's answer in which the first attempt must be done. Each further one has twice the time of
 * the one before, and the last has what its caller gives.
 */
const MIN_PATIENCE_MS = 750
/** A slow path is given this many of its round trips instead: ICE, DTLS and SCTP need six or seven. */
const PATIENCE_ROUND_TRIPS = 12
/** No path is so slow that more helps. */
const MAX_PATIENCE_MS = 3_000

/**
 * Dials one `/webrtc` address; an attempt that stalls is given up early and begun anew.
 *
 * One dial of ten between browsers, and more in Node, hangs in `@libp2p/webrtc` although both browsers are connected: it waits for its first data channel to
 * be open, and the other side, for which everything is done, has closed that channel already. The event never comes, and the
 * dial ends by its timeout. When the answer has come, what follows takes a few round trips; the dialer knows how long one takes.
 *
 * With `force` it dials although a connection to the peer is open.
 *
 * Rejects with the last attempt's error, or with the signal's reason.
 */
export async function dialWebRtc(
  { libp2p }: { readonly libp2p: Pick<Libp2p, 'dial'> },
  address: Multiaddr,
  signal: AbortSignal,
  force = false,
): Promise<Connection> {
  let patienceFactor = 1
  for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
    const stall = new AbortController()
    const watch = new AnswerWatch(patienceFactor, () => stall.abort(new Error('the connection stalled')))
    try {
      const connection = await libp2p.dial(address, {
        signal: AbortSignal.any([signal, stall.signal]),
        force,
        onProgress: ({ type }) => watch.progress(type),
      })
      // js-libp2p has one dial for a peer at a time: it may have joined one to the circuit.
      if (connection.direct) return connection
    } catch (error) {
      signal.throwIfAborted()
      if (!stall.signal.aborted) throw error
    } finally {
      watch.stop()
    }
    patienceFactor *= 2
  }
  const connection = await libp2p.dial(address, { signal, force })
  if (connection.direct) return connection
  throw new Error('a circuit was made at that time')
}

/** Calls back when a dial is not done in good time after the other side's answer: see {@link dialWebRtc}. */
class AnswerWatch {
  readonly #factor: number
  readonly #stalled: () => void
  #offeredAt: number | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(factor: number, stalled: () => void) {
    this.#factor = factor
    this.#stalled = stalled
  }

  /** Takes the names of the progress events of `@libp2p/webrtc`. */
  progress(type: string): void {
    if (type === 'webrtc:send-sdp-offer') this.#offeredAt = performance.now()
    if (type !== 'webrtc:read-ice-candidates' || this.#offeredAt === undefined) return
    const roundTripMs = performance.now() - this.#offeredAt
    const patienceMs = Math.max(
      MIN_PATIENCE_MS,
      Math.min(MAX_PATIENCE_MS, PATIENCE_ROUND_TRIPS * roundTripMs),
    )
    this.#timer = setTimeout(this.#stalled, this.#factor * patienceMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
