// The file is long because it has all methods of the public class.

import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { Carrier } from './carrier.ts'
import type { CarrierOwner } from './carrier.ts'
import { LastingLostError, LastingProtocolError, LastingRefusedError } from './errors.ts'
import type { ReadFrame } from './frames.ts'
import type { RefusalReason } from './reasons.ts'
import { STREAM_ID_BYTES, encodeFrame, encodeProtocolName } from './frames.ts'
import type { LastingEnd, LastingStreamInit } from './lasting-stream.ts'
import { LastingStream } from './lasting-stream.ts'
import type { LastingCounts, LastingStreamsInit, OpenOptions, ServeProtocol } from './lasting-streams-init.ts'
import type { LastingLimits } from './limits.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { Opening } from './opening.ts'
import { Quota } from './quota.ts'
import { RemotePeer } from './remote-peer.ts'
import { resume } from './resumption.ts'

/** The lasting streams of one libp2p peer, in both directions. */
export class LastingStreams {
  readonly #init: LastingStreamsInit
  readonly #limits: LastingLimits
  readonly #peers = new Map<string, RemotePeer>()
  readonly #quota: Quota
  readonly #stopping = new AbortController()
  /** Number of streams with all peers. */
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

  /** Number of open streams with all peers. */
  get streamCount(): number {
    return this.#streamCount
  }

  /** Number of streams that are waiting for a carrier. */
  get interruptedCount(): number {
    let count = 0
    for (const { interrupted } of this.#peers.values()) count += interrupted.size
    return count
  }

  /** Returns the streams with a peer, or with all peers. */
  *streams(peer?: string): Generator<LastingStream, void> {
    const peers = peer === undefined ? this.#peers.values() : [this.#peers.get(peer)]
    for (const one of peers) yield* one?.streams.values() ?? []
  }

  /** Returns the number of unacknowledged bytes sent to a peer, or to all peers. */
  unacknowledgedBytes(peer?: string): number {
    return peer === undefined ? this.#quota.usedBytes : (this.#peers.get(peer)?.quota.usedBytes ?? 0)
  }

  /**
   * Opens a lasting stream over a carrier that this side has opened. Like a stream from {@link
   * LastingStreamsInit.openCarrier}, it may be negotiated or not.
   *
   * Rejects with a {@link LastingRefusedError} if the peer doesn't serve the protocol or has too many
   * streams, with a {@link LastingUnsupportedError} if the peer doesn't support lasting streams, with a
   * {@link LastingLostError} if it doesn't answer in time, with the reason of `signal`, or with the carrier's
   * error. If it rejects, the carrier is closed.
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
              this.#createStream(remote, {
                id,
                direction: 'outbound',
                protocol,
                carrier,
                sendLimit,
                windowBytes,
              }),
            )
          } else if (frame.type === 'refused') {
            opening.fail(new LastingRefusedError(frame.reason))
          } else {
            opening.fail(new LastingProtocolError(`${frame.type} is not a valid answer to open`))
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
      this.#forgetIfIdle(remote)
      signal?.removeEventListener('abort', giveUp)
    }
  }

  /**
   * Handles a carrier that a peer has opened. It is for a new stream, which is passed to its protocol's
   * handler, or for resuming an existing one.
   */
  accept(stream: Stream, peer: string, serve: ServeProtocol): void {
    const remote = this.#remote(peer)
    if (remote.openings.size >= this.#limits.maxStreamsPerPeer || this.#stopping.signal.aborted) {
      stream.abort(new LastingRefusedError('limit'))
      this.#forgetIfIdle(remote)
      return
    }
    const opening = new Opening({
      openings: remote.openings,
      timeoutMs: this.#limits.answerTimeoutMs,
      tooLate: 'the peer opened a carrier but did not send OPEN or RESUME in time',
      failed: (error) => {
        carrier.abort(error)
        this.#forgetIfIdle(remote)
      },
    })
    const refuse = (reason: RefusalReason): void => {
      opening.finish()
      carrier.send({ type: 'refused', reason })
      carrier.close()
      this.#forgetIfIdle(remote)
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
            // The peer has already received ACCEPT, so the stream is reset instead of refused.
            carrier.send({ type: 'reset', reason: 'aborted' })
            carrier.close()
            this.#forgetIfIdle(remote)
            return
          }
          const { id, limit: sendLimit } = frame
          handler(
            this.#createStream(remote, {
              id,
              direction: 'inbound',
              protocol,
              carrier,
              sendLimit,
              windowBytes,
            }),
          )
        } else if (frame.type === 'resume' && protocol === undefined) {
          opening.finish()
          const refusal = this.#resumeFrom(remote, carrier, frame)
          if (refusal !== undefined) refuse(refusal)
        } else {
          opening.fail(new LastingProtocolError(`${frame.type} is not allowed at the start of a carrier`))
        }
      },
      readAll: () => undefined,
      drained: () => undefined,
      lost: () => {
        opening.finish()
        this.#forgetIfIdle(remote)
      },
    }
    const carrier = new Carrier(stream, owner, 'accepted')
  }

  /**
   * Moves a stream to a carrier on a better link. The stream stays on the current carrier until the peer
   * agrees. Rejects if the peer refuses or doesn't answer in time; the stream then stays on its carrier.
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

  /** Tries to resume a peer's interrupted streams immediately. Call it when a link to the peer has opened. */
  retry(peer: string): void {
    this.#peers.get(peer)?.retry()
  }

  /** Sends pending data to a peer, as far as {@link LastingStreamsInit.budgetBytes} now allows. */
  pump(peer: string): void {
    for (const stream of Array.from(this.streams(peer))) stream.pump()
  }

  /** Aborts every stream, and every opening. No stream can be opened or accepted afterwards. */
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
      for (const other of this.#peers.values()) this.#forgetIfIdle(other)
      remote = new RemotePeer(peer, this.#limits, this.#quota)
      this.#peers.set(peer, remote)
    }
    return remote
  }

  /** Forgets a peer if it has no streams and can no longer ask to resume a finished one. */
  #forgetIfIdle(remote: RemotePeer): void {
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
    const shareOfPeer = maxWindowBytesPerPeer / Math.max(1, remote.streams.size)
    const shareOfTotal = this.#limits.maxWindowBytesTotal / Math.max(1, this.#streamCount)
    return Math.min(maxWindowBytes, Math.max(minStreamBytes, Math.floor(Math.min(shareOfPeer, shareOfTotal))))
  }

  #createStream(
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
        this.#forgetIfIdle(remote)
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

/** Stops the search for another carrier. Returns false if the stream wasn't interrupted. */
function endInterruption({ interrupted }: RemotePeer, stream: LastingStream): boolean {
  interrupted.get(stream)?.abort(new LastingLostError('the stream is no longer interrupted'))
  return interrupted.delete(stream)
}

function nameOf(id: Uint8Array): string {
  return Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
