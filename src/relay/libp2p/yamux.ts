import type { StreamMuxerFactory } from '@libp2p/interface'
import type { YamuxMuxerInit } from '@chainsafe/libp2p-yamux'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { YamuxFrame } from './yamux-frames.ts'
import { YamuxFrames, YamuxLimitError } from './yamux-frames.ts'

/** Frames of one connection that are handled in a row. Other tasks then run first. */
export const FRAMES_PER_TURN = 256
/** A frame that opens a stream counts as this many frames, because a negotiation follows it. */
const OPENING_COST = 16
/** The flag of a frame that opens a stream. */
const SYN = 0x1
/**
 * Bytes of one connection that may wait. Beyond that, the oldest frames are handled immediately if they carry
 * {@link MIN_FRAME_BYTES} on average. If they carry less, the connection is closed, because they cost too
 * much time.
 */
export const MAX_WAITING_BYTES = 4_194_304
/** Bytes that a frame must carry on average at that bound. Merged frames count as one. */
const MIN_FRAME_BYTES = 256
/** Frames after which the average is checked. */
const SAMPLE_FRAMES = 64
/** Frames that are handled while the peer reads no answers. The connection is closed at the next one. */
export const MAX_UNREAD_ANSWERS = 65_536
/** Waiting frames that are still handled after the connection has closed. Later ones are lost. */
const MAX_LAST_FRAMES = 4096

type Muxer = ReturnType<StreamMuxerFactory['createStreamMuxer']>

/** The parts of js-libp2p's yamux muxer that its interface leaves out. */
interface YamuxMuxer extends Muxer {
  readonly maConn: { readonly status: string; abort(error: Error): void; writableNeedsDrain: boolean }
  handleFrame(frame: YamuxFrame): void
  onData(data: Uint8Array | Uint8ArrayList): void
  send(data: Uint8Array | Uint8ArrayList): boolean
  onTransportClosed(error?: Error): void
}

/**
 * Returns js-libp2p's yamux, with bounds on the memory and time that a peer can take.
 *
 * js-libp2p collects a data frame of any announced length. It also handles all frames of a packet in one go,
 * which can mean a window update, and often an encrypted packet, for every byte. And it keeps a connection
 * whose other side has said Go Away.
 *
 * @param queueTask runs a task after those that are due
 */
export function boundedYamux(
  init: YamuxMuxerInit,
  queueTask: (task: () => void) => void,
): () => StreamMuxerFactory {
  const makeFactory = yamux(init)
  return () => {
    const factory: StreamMuxerFactory = makeFactory()
    const createStreamMuxer = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => bound(asYamuxMuxer(createStreamMuxer(connection)), queueTask)
    return factory
  }
}

function bound(muxer: YamuxMuxer, queueTask: (task: () => void) => void): Muxer {
  const frames = new YamuxFrames()
  let left = FRAMES_PER_TURN
  let unreadAnswers = 0

  const handle = (frame: YamuxFrame): void => {
    unreadAnswers = muxer.maConn.writableNeedsDrain ? unreadAnswers + 1 : 0
    if (unreadAnswers > MAX_UNREAD_ANSWERS)
      throw new YamuxLimitError(`The peer took none of the answers to ${MAX_UNREAD_ANSWERS} frames`)
    muxer.handleFrame(frame)
    // The frame was a Go Away. js-libp2p would leave the connection open, and every dial would return it,
    // though it opens no streams any more.
    if (muxer.status === 'closed' && muxer.maConn.status === 'open')
      muxer.maConn.abort(new Error('the other side has closed the connection'))
  }
  /** Handles the frames of this turn. */
  const run = (): void => {
    while (left > 0 && muxer.status !== 'closed') {
      const frame = frames.next()
      if (frame === undefined) return
      left -= (frame.header.flag & SYN) === 0 ? 1 : OPENING_COST
      if (left <= 0) queueTask(nextTurn)
      handle(frame)
    }
    relieve()
  }
  /** Handles frames immediately until the waiting bytes are within the bound. */
  const relieve = (): void => {
    const before = frames.waitingBytes
    for (let count = 1; frames.waitingBytes > MAX_WAITING_BYTES && muxer.status !== 'closed'; count++) {
      const frame = frames.next()
      if (frame === undefined) return
      handle(frame)
      if (count >= SAMPLE_FRAMES && before - frames.waitingBytes < count * MIN_FRAME_BYTES)
        throw new YamuxLimitError(
          `Over ${MAX_WAITING_BYTES} bytes wait: the peer's frames cost too much time`,
        )
    }
  }
  const nextTurn = (): void => {
    left = FRAMES_PER_TURN
    try {
      run()
    } catch (error) {
      muxer.abort(asError(error))
      muxer.maConn.abort(asError(error))
    }
  }
  muxer.onData = (data) => {
    frames.push(data)
    run()
  }
  // Frames that arrived before the end are handled before it. They can't be answered any more.
  const onTransportClosed = muxer.onTransportClosed.bind(muxer)
  muxer.onTransportClosed = (error) => {
    muxer.send = () => true
    let reason = error
    try {
      for (let rest = MAX_LAST_FRAMES; rest > 0; rest--) {
        const frame = frames.next()
        if (frame === undefined) break
        muxer.handleFrame(frame)
      }
    } catch (thrown) {
      reason ??= asError(thrown)
    }
    frames.clear()
    onTransportClosed(reason)
  }
  return muxer
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

function asYamuxMuxer(muxer: Muxer): YamuxMuxer {
  const isKnown = ['maConn', 'handleFrame', 'onData', 'send', 'onTransportClosed'].every(
    (name) => name in muxer,
  )
  if (!isKnown) throw new Error('@libp2p/yamux has changed: its muxer reads no frames')
  return muxer as YamuxMuxer
}
