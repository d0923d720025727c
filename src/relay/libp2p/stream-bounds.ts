import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'

/** Small pieces that a read buffer keeps before they are copied into one. */
const MAX_LOOSE_PIECES = 256
/** Bytes that so many pieces must have together to be kept as they are. */
const MIN_LOOSE_BYTES = 262_144
/**
 * Pieces that one message of a WebRTC stream may arrive in. Peers send one or two: its length and its bytes.
 * `@libp2p/webrtc` bounds only its length, to 4 MiB.
 */
export const MAX_MESSAGE_PIECES = 4096

/** This side resets a stream, because its peer went over a bound. */
export class StreamBoundError extends Error {
  override readonly name = 'StreamBoundError'
}

/** The parts of js-libp2p's streams where bytes arrive and wait. Their interface leaves them out. */
interface BufferedStream extends Stream {
  readBuffer: Uint8ArrayList
  onData(data: Uint8Array | Uint8ArrayList): void
}

/** The parts of a stream of `@libp2p/webrtc` that collect the pieces of a message and take a whole one. */
interface MessageStream extends Stream {
  readonly incomingData: { push(piece: Uint8Array): unknown }
  processIncomingProtobuf(message: Uint8ArrayList): void
}

/**
 * Bounds the memory of a stream, whatever pieces its bytes arrive in.
 *
 * js-libp2p keeps each piece as it arrived. A byte that waits for a reader takes some 200 bytes, and keeps
 * the whole packet that it arrived in.
 */
export function boundStream(stream: Stream): void {
  if ('readBuffer' in stream && 'onData' in stream) compactReadBuffer(stream as BufferedStream)
  if ('incomingData' in stream && 'processIncomingProtobuf' in stream) boundMessages(stream as MessageStream)
}

/** Copies small pieces into one, and copies pieces that keep much larger buffers in memory. */
function compactReadBuffer(stream: BufferedStream): void {
  const onData = stream.onData.bind(stream)
  /**
   * Bytes at the front that are compact already. `pieces` and `pinnedBytes` count the pieces after them and
   * their buffers.
   */
  let compactBytes = 0
  let pieces = 0
  let pinnedBytes = 0
  let lastBytes = 0
  stream.onData = (data) => {
    onData(data)
    const heldBytes = stream.readBuffer.byteLength
    if (heldBytes !== lastBytes + data.byteLength) {
      // The stream has been read in the meantime.
      compactBytes = 0
      pieces = 0
      pinnedBytes = 0
    }
    lastBytes = heldBytes
    if (heldBytes === 0) return
    for (const { buffer } of data instanceof Uint8Array ? [data] : data) {
      pieces += 1
      pinnedBytes += buffer.byteLength
    }
    const looseBytes = heldBytes - compactBytes
    const areSmall = pieces >= MAX_LOOSE_PIECES && looseBytes < MIN_LOOSE_BYTES
    if (areSmall || pinnedBytes > 2 * looseBytes + MIN_LOOSE_BYTES) {
      const front = stream.readBuffer.sublist(0, compactBytes)
      stream.readBuffer = new Uint8ArrayList(front, stream.readBuffer.slice(compactBytes))
    } else if (pieces < MAX_LOOSE_PIECES) return
    compactBytes = heldBytes
    pieces = 0
    pinnedBytes = 0
  }
}

/** Resets a stream if one of its messages arrives in too many pieces. */
function boundMessages(stream: MessageStream): void {
  const { incomingData } = stream
  const push = incomingData.push.bind(incomingData)
  const take = stream.processIncomingProtobuf.bind(stream)
  let pieces = 0
  incomingData.push = (piece) => {
    pieces += 1
    if (pieces <= MAX_MESSAGE_PIECES) return push(piece)
    stream.abort(
      new StreamBoundError(`the other side sent one message in more than ${MAX_MESSAGE_PIECES} pieces`),
    )
    return undefined
  }
  stream.processIncomingProtobuf = (message) => {
    pieces = 0
    take(message)
  }
}
