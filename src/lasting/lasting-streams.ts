import type { Logger, Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { Carrier } from './carrier.ts'
import type { CarrierOwner } from './carrier.ts'
import { LastingLostError, LastingProtocolError, LastingRefusedError } from './errors.ts'
import type { ReadFrame } from './frames.ts'
import type { RefusalReason } from './reasons.ts'
import { STREAM_ID_BYTES, encodeFrame, encodeProtocolName } from './frames.ts'
import type { LastingEnd, LastingStreamInit } from './lasting-stream.ts'
import { LastingStream } from './lasting-stream.ts'
import type { LastingLimits } from './limits.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { Opening } from './opening.ts'
import { Quota } from './quota.ts'
import { RemotePeer } from './remote-peer.ts'
import { resume } from './resumption.ts'

/** What {@link LastingStreams} needs of its host. */
export interface LastingStreamsInit {
  /**
   * Opens a stream for `/lasting/1.0.0` to a peer over whatever link works, which may have to be made first.
   * Rejects if none does. It is called for each stream that was interrupted, until one is returned or
   * `signal` is aborted.
   *
   * A stream whose `protocol` is empty is negotiated here, in one piece with the first frame, which saves a
   * round trip.
   */
  openCarrier(peer: string, signal: AbortSignal, stream: LastingStream): Promise<Stream>
  log: Logger
  /**
   * Bytes that may be put on a carrier now, however many streams there are beside it; by default any number.
   * It holds back data only. Call {@link LastingStreams.pump} when it may have grown.
   */
  budgetBytes?(carrier: Stream): number
  /** Called when a stream is interrupted, and when it continues over another carrier. */
  changed?(stream: LastingStream): void
  /** Called when a stream has lost a carrier; `error` is what the carrier ended with, if anything. */
  carrierLost?(stream: LastingStream, carrier: Stream, error: Error | undefined): void
  limits?: Partial<LastingLimits>
}

/** Gives the handler of a protocol's streams, or undefined if the protocol isn't served. */
export type ServeProtocol = (protocol: string) => ((stream: LastingStream) => void) | undefined

/** Options of {@link LastingStreams.open}. */
export interface OpenOptions {
  signal?: AbortSignal
  /**
   * The name of the protocol has been sent on the carrier already, together with the proposal of
   * `/lasting/1.0.0`. Default false.
   */
  isNameSent?: boolean
}

/** What has become of the streams of a {@link LastingStreams}, since its start. */
export interface LastingCounts {
  /** Interruptions after which a stream went on. */
  resumed: number
  /** Changes of the carrier without an interruption. */
  moved: number
  /** Streams that ended while they were interrupted. */
  lost: number
}

/** The lasting streams of one libp2p peer, in both directions. */
export class LastingStreams {
  readonly #init: LastingStreamsInit
  readonly #limits: LastingLimits
  readonly #peers = new Map<string, RemotePeer>()
  readonly #quota: Quota
  readonly #stopping = new AbortController()
  /** All streams, with all peers. */
  #streamCount = 0
  readonly #counts: LastingCounts = { resumed: 0, moved: 0, lost: 0 }

  constructor(init: LastingStreamsInit) {
    this.#init = init
    this.#limits = { ...DEFAULT_LIMITS, ...init.limits }
    this.#quota = new Quota(this.#limits.maxUnacknowledgedBytes)
  }

  get limits(): Readonly<LastingLimits> {
    return this.#limits
  }

  get counts(): Readonly<LastingCounts> {
    return this.#counts
  }

  /** Streams with all peers that are open. */
  get streamCount(): number {
    return this.#streamCount
  }

  /** Those of them that wait for a carrier. */
  get interruptedCount(): number {
    let count = 0
    for (const { interrupted } of this.#peers.values()) count += interrupted.size
    return count
  }

  /** The streams with a peer, or all of them. */
  *streams(peer?: string): Generator<LastingStream, void> {
    const peers = peer === undefined ? this.#peers.values() : [this.#peers.get(peer)]
    for (const one of peers) yield* one?.streams.values() ?? []
  }

  /** Bytes that have been sent to a peer, or to all peers, and not acknowledged. */
  unacknowledgedBytes(peer?: string): number {
    return peer === undefined ? this.#quota.usedBytes : (this.#peers.get(peer)?.quota.usedBytes ?? 0)
  }

  /**
   * Opens a lasting stream over a carrier that this side has opened, negotiated or not: see
   * {@link LastingStreamsInit.openCarrier}.
   *
   * Rejects with a {@link LastingRefusedError} if the peer doesn't serve the protocol or has too many
   * streams, with a {@link LastingUnsupportedError} if the peer doesn't know lasting streams, with a {@link
   * LastingLostError} if it doesn't answer in time, with the reason of `signal`, or with the carrier's error.
   * The carrier is closed then.
   */
  async open(
    stream: Stream,
    peer: string,
    protocol: string,
    { signal, isNameSent = false }: OpenOptions = {},
  ): Promise<LastingStream> {
    const remote = this.#remote(peer)
    const id = crypto.getRandomValues(new Uint8Array(STREAM_ID_BYTES))
    const windowBytes = this.#initialWindowBytes(remote)
    const answer = Promise.withResolvers<LastingStream>()
    const opening = new Opening({
      openings: remote.openings,
      timeoutMs: this.#limits.answerTimeoutMs,
      tooLate: 'the peer did not answer in time',
      failed: (error) => answer.reject(error),
    })
    const carrier = new Carrier(
      stream,
      {
        read: (_, frame) => {
          if (opening.isOver) return
          if (frame.type === 'accept') {
            const { limit: sendLimit } = frame
            opening.finish()
            answer.resolve(
              this.#make(remote, { id, direction: 'outbound', protocol, carrier, sendLimit, windowBytes }),
            )
          } else if (frame.type === 'refused') {
            opening.fail(new LastingRefusedError(frame.reason))
          } else {
            opening.fail(new LastingProtocolError(`${frame.type} is no answer to an opening`))
          }
        },
        readAll: () => undefined,
        drained: () => undefined,
        lost: (_, error) =>
          opening.fail(error ?? new LastingLostError('the carrier was lost before the stream was accepted')),
      },
      isNameSent ? 'named' : 'new',
    )
    const giveUp = (): void => opening.fail(signal?.reason as Error)
    signal?.addEventListener('abort', giveUp, { once: true })
    try {
      signal?.throwIfAborted()
      if (this.#stopping.signal.aborted) throw new LastingLostError('the lasting streams have stopped')
      if (remote.streams.size >= this.#limits.maxStreamsPerPeer) throw new LastingRefusedError('limit')
      const opening = encodeFrame({ type: 'open', id, limit: windowBytes })
      carrier.sendBytes(isNameSent ? opening : new Uint8ArrayList(encodeProtocolName(protocol), opening))
      const opened = await answer.promise
      opened.confirm()
      return opened
    } catch (error) {
      carrier.abort(error instanceof Error ? error : new Error('the stream was not opened', { cause: error }))
      throw error
    } finally {
      opening.finish()
      this.#forget(remote)
      signal?.removeEventListener('abort', giveUp)
    }
  }

  /**
   * Takes a carrier that a peer has opened: for a new stream, which goes to the handler of its protocol, or
   * to resume one.
   */
  accept(stream: Stream, peer: string, serve: ServeProtocol): void {
    const remote = this.#remote(peer)
    if (remote.openings.size >= this.#limits.maxStreamsPerPeer || this.#stopping.signal.aborted) {
      stream.abort(new LastingRefusedError('limit'))
      this.#forget(remote)
      return
    }
    const opening = new Opening({
      openings: remote.openings,
      timeoutMs: this.#limits.answerTimeoutMs,
      tooLate: 'the peer did not say in time what its carrier is for',
      failed: (error) => {
        carrier.abort(error)
        this.#forget(remote)
      },
    })
    const refuse = (reason: RefusalReason): void => {
      opening.finish()
      carrier.send({ type: 'refused', reason })
      carrier.close()
      this.#forget(remote)
    }
    let protocol: string | undefined
    let windowBytes = 0
    const owner: CarrierOwner = {
      read: (_, frame) => {
        if (frame.type === 'protocol' && protocol === undefined) {
          const refusal = this.#refusalOf(remote, frame.name, serve)
          if (refusal !== undefined) {
            refuse(refusal)
            return
          }
          protocol = frame.name
          windowBytes = this.#initialWindowBytes(remote)
          carrier.send({ type: 'accept', limit: windowBytes })
        } else if (frame.type === 'open' && protocol !== undefined) {
          opening.finish()
          const handler = serve(protocol)
          const refusal = remote.streams.has(nameOf(frame.id))
            ? 'limit'
            : this.#refusalOf(remote, protocol, serve)
          if (handler === undefined || refusal !== undefined) {
            // It was accepted a moment ago: to the peer the stream ends.
            carrier.send({ type: 'reset', reason: 'aborted' })
            carrier.close()
            this.#forget(remote)
            return
          }
          const { id, limit: sendLimit } = frame
          handler(this.#make(remote, { id, direction: 'inbound', protocol, carrier, sendLimit, windowBytes }))
        } else if (frame.type === 'resume' && protocol === undefined) {
          opening.finish()
          const refusal = this.#resumeFrom(remote, carrier, frame)
          if (refusal !== undefined) refuse(refusal)
        } else {
          opening.fail(new LastingProtocolError(`${frame.type} does not open a carrier`))
        }
      },
      readAll: () => undefined,
      drained: () => undefined,
      lost: () => {
        opening.finish()
        this.#forget(remote)
      },
    }
    const carrier = new Carrier(stream, owner, 'accepted')
  }

  /**
   * Moves a stream to a carrier on a better link; it stays on the present one until the peer has agreed.
   * Rejects if the peer refuses, or doesn't answer in time; the stream stays where it is then.
   */
  async migrate(stream: LastingStream, carrier: Stream): Promise<void> {
    const timeout = new AbortController()
    const timer = setTimeout(
      () => timeout.abort(new LastingLostError('the peer did not answer in time')),
      this.#limits.answerTimeoutMs,
    )
    try {
      await stream.resumeOn(carrier, timeout.signal)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Resumes interrupted streams with a peer immediately, as when a link to it has been made. */
  retry(peer: string): void {
    this.#peers.get(peer)?.retry()
  }

  /** Sends what waits for {@link LastingStreamsInit.budgetBytes}, as far as that allows now. */
  pump(peer: string): void {
    for (const stream of Array.from(this.streams(peer))) stream.pump()
  }

  /** Ends every stream. */
  stop(): void {
    const error = new LastingLostError('the peer has stopped')
    this.#stopping.abort(error)
    for (const stream of Array.from(this.streams())) stream.abort(error)
    for (const { openings } of this.#peers.values()) {
      for (const opening of Array.from(openings)) opening.fail(error)
    }
  }

  #remote(peer: string): RemotePeer {
    let remote = this.#peers.get(peer)
    if (remote === undefined) {
      for (const other of this.#peers.values()) this.#forget(other)
      remote = new RemotePeer(peer, this.#limits, this.#quota)
      this.#peers.set(peer, remote)
    }
    return remote
  }

  /** Forgets a peer that has no streams, once it has no reason to ask for a finished one. */
  #forget(remote: RemotePeer): void {
    if (remote.isIdle && this.#peers.get(remote.peer) === remote) this.#peers.delete(remote.peer)
  }

  #refusalOf(remote: RemotePeer, protocol: string, serve: ServeProtocol): RefusalReason | undefined {
    if (this.#stopping.signal.aborted || remote.streams.size >= this.#limits.maxStreamsPerPeer) return 'limit'
    return serve(protocol) === undefined ? 'unsupported-protocol' : undefined
  }

  #resumeFrom(
    remote: RemotePeer,
    carrier: Carrier,
    frame: ReadFrame & { type: 'resume' },
  ): RefusalReason | undefined {
    if (!remote.mayResume()) return 'limit'
    const name = nameOf(frame.id)
    const stream = remote.streams.get(name)
    if (stream === undefined) return remote.hasFinished(name) ? 'finished' : 'unknown-stream'
    return stream.resumeFrom(carrier, frame)
  }

  #initialWindowBytes(remote: RemotePeer): number {
    return Math.min(this.#limits.initialWindowBytes, this.#maxWindowBytes(remote))
  }

  #maxWindowBytes(remote: RemotePeer): number {
    const { minStreamBytes, maxWindowBytes, maxWindowBytesPerPeer } = this.#limits
    const ofPeer = maxWindowBytesPerPeer / Math.max(1, remote.streams.size)
    const ofAll = this.#limits.maxWindowBytesTotal / Math.max(1, this.#streamCount)
    return Math.min(maxWindowBytes, Math.max(minStreamBytes, Math.floor(Math.min(ofPeer, ofAll))))
  }

  #make(
    remote: RemotePeer,
    init: Pick<LastingStreamInit, 'id' | 'direction' | 'protocol' | 'carrier' | 'sendLimit' | 'windowBytes'>,
  ): LastingStream {
    const name = nameOf(init.id)
    const stream = new LastingStream({
      ...init,
      name,
      quota: remote.quota,
      minBytes: this.#limits.minStreamBytes,
      maxBytes: this.#limits.maxUnacknowledgedBytesPerStream,
      log: this.#init.log,
      budgetBytes: (carrier) => this.#init.budgetBytes?.(carrier) ?? Infinity,
      maxWindowBytes: () => this.#maxWindowBytes(remote),
      interrupted: () => this.#interrupted(remote, stream),
      carried: () => this.#carried(remote, stream),
      carrierLost: (carrier, error) => this.#init.carrierLost?.(stream, carrier, error),
      ended: (_: LastingStream, end: LastingEnd) => {
        if (end === 'lost' || (end === 'reset' && remote.interrupted.has(stream))) this.#counts.lost += 1
        remote.ended(name, end)
        endInterruption(remote, stream)
        this.#streamCount -= 1
        this.#forget(remote)
      },
    })
    remote.streams.set(name, stream)
    this.#streamCount += 1
    return stream
  }

  #interrupted(remote: RemotePeer, stream: LastingStream): void {
    this.#init.changed?.(stream)
    if (remote.interrupted.size >= this.#limits.maxInterruptedPerPeer) {
      stream.fail(new LastingLostError('too many streams of this peer are interrupted'))
      return
    }
    const resumed = new AbortController()
    remote.interrupted.set(stream, resumed)
    void resume(stream, {
      openCarrier: (signal) => this.#init.openCarrier(remote.peer, signal, stream),
      waiting: remote.waiting,
      log: this.#init.log,
      limits: this.#limits,
      stopping: this.#stopping.signal,
      resumed: resumed.signal,
    })
  }

  #carried(remote: RemotePeer, stream: LastingStream): void {
    if (endInterruption(remote, stream)) this.#counts.resumed += 1
    else this.#counts.moved += 1
    this.#init.changed?.(stream)
  }
}

/** Ends the search for another carrier; false if there was none. */
function endInterruption({ interrupted }: RemotePeer, stream: LastingStream): boolean {
  interrupted.get(stream)?.abort(new LastingLostError('the stream is no longer interrupted'))
  return interrupted.delete(stream)
}

function nameOf(id: Uint8Array): string {
  return Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
