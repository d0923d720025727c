import { Uint8ArrayList } from 'uint8arraylist'
import { LastingProtocolError, LastingUnsupportedError } from './errors.ts'
import type { RefusalReason, ResetReason } from './reasons.ts'
import { REFUSAL_REASONS, RESET_REASONS } from './reasons.ts'

/** The libp2p protocol of carriers, specified in `docs/lasting-streams.md`. */
export const LASTING_PROTOCOL = '/lasting/1.0.0'

/** The first message of multistream-select, in both directions. */
const MULTISTREAM_PROTOCOL = '/multistream/1.0.0'

/** Length of a stream's ID, in bytes. */
export const STREAM_ID_BYTES = 16
/** Maximum payload of a DATA frame, in bytes. */
export const MAX_DATA_BYTES = 65_536
/** Length of a DATA frame's header, in bytes. */
export const DATA_HEADER_BYTES = 13
/**
 * Maximum length of a protocol name with its line feed, in bytes. The limit comes from multistream-select.
 */
const MAX_NAME_BYTES = 1024

/**
 * A frame on a carrier, except DATA. Offsets number the bytes of one direction from 0. `limit` is the offset
 * up to which the other side may send, exclusive. `received` counts the end of the direction as one more
 * byte.
 */
export type Frame =
  | { type: 'resume'; id: Uint8Array; epoch: number; received: number; limit: number }
  | { type: 'open'; id: Uint8Array; limit: number }
  | { type: 'accept'; limit: number }
  | { type: 'refused'; reason: RefusalReason }
  | { type: 'resumed'; received: number; limit: number }
  | { type: 'ack'; received: number; limit: number }
  | { type: 'fin'; offset: number }
  | { type: 'reset'; reason: ResetReason }

/**
 * What a {@link FrameReader} returns: frames, the protocol name before an OPEN, and pieces of DATA as they
 * arrive.
 */
export type ReadFrame =
  | Frame
  | { type: 'protocol'; name: string }
  | { type: 'data'; offset: number; bytes: Uint8Array }

const CODES = {
  resume: 0,
  open: 1,
  accept: 2,
  refused: 3,
  resumed: 4,
  data: 5,
  ack: 6,
  fin: 7,
  reset: 8,
} as const satisfies Record<Exclude<ReadFrame['type'], 'protocol'>, number>

/** Length of each frame after its code, by code. For DATA, the payload isn't counted. */
const BODY_BYTES = [STREAM_ID_BYTES + 20, STREAM_ID_BYTES + 8, 8, 1, 16, 12, 16, 8, 1] as const

/** Encodes a frame. */
export function encodeFrame(frame: Frame): Uint8Array {
  const code = CODES[frame.type]
  const bytes = new Uint8Array(1 + BODY_BYTES[code])
  const view = new DataView(bytes.buffer)
  bytes[0] = code
  switch (frame.type) {
    case 'resume':
      bytes.set(frame.id, 1)
      view.setUint32(17, frame.epoch)
      setOffset(view, 21, frame.received)
      setOffset(view, 29, frame.limit)
      break
    case 'open':
      bytes.set(frame.id, 1)
      setOffset(view, 17, frame.limit)
      break
    case 'accept':
      setOffset(view, 1, frame.limit)
      break
    case 'refused':
      bytes[1] = REFUSAL_REASONS.indexOf(frame.reason)
      break
    case 'resumed':
    case 'ack':
      setOffset(view, 1, frame.received)
      setOffset(view, 9, frame.limit)
      break
    case 'fin':
      setOffset(view, 1, frame.offset)
      break
    case 'reset':
      bytes[1] = RESET_REASONS.indexOf(frame.reason)
      break
    default:
      frame satisfies never
  }
  return bytes
}

/** Encodes a DATA frame with a payload of 1 to {@link MAX_DATA_BYTES} bytes. The payload is not copied. */
export function encodeData(offset: number, payload: Uint8ArrayList): Uint8ArrayList {
  const header = new Uint8Array(DATA_HEADER_BYTES)
  const view = new DataView(header.buffer)
  header[0] = CODES.data
  setOffset(view, 1, offset)
  view.setUint32(9, payload.byteLength)
  return new Uint8ArrayList(header, payload)
}

/**
 * Encodes the protocol name that precedes an OPEN, as a message of multistream-select: the length, the name,
 * a line feed. Throws a RangeError if the name is empty or too long.
 */
export function encodeProtocolName(name: string): Uint8Array {
  const text = new TextEncoder().encode(`${name}\n`)
  if (text.byteLength < 2 || text.byteLength > MAX_NAME_BYTES) {
    throw new RangeError(
      `A protocol name must have 1 to ${MAX_NAME_BYTES - 1} bytes, but this one has ${text.byteLength - 1}.`,
    )
  }
  const length =
    text.byteLength < 0x80 ? [text.byteLength] : [(text.byteLength & 0x7f) | 0x80, text.byteLength >> 7]
  return Uint8Array.of(...length, ...text)
}

/**
 * Sent before RESUME, and before a name that isn't a proposal. A peer without this protocol would read the
 * bytes after a refused proposal as the next proposal. Multistream-select has no empty messages, so such a
 * peer ends the stream at this byte.
 */
export const END_OF_PROPOSALS = Uint8Array.of(0)

/** Proposes {@link LASTING_PROTOCOL} on a new stream, in the messages of multistream-select. */
export function encodeProposal(): Uint8Array {
  return Uint8Array.of(...encodeProtocolName(MULTISTREAM_PROTOCOL), ...encodeProtocolName(LASTING_PROTOCOL))
}

/** What a {@link FrameReader} expects first. */
export type ReaderStart =
  /** A frame. */
  | 'frame'
  /** An optional end of proposals, then the name of the application's protocol or a RESUME frame. */
  | 'name-or-frame'
  /** The answers to {@link encodeProposal}, then a frame. */
  | 'answers'

/**
 * Splits the bytes of a carrier into frames. It buffers at most one incomplete control frame or name, never
 * DATA.
 *
 * Throws a {@link LastingProtocolError} at the first invalid byte, or a {@link LastingUnsupportedError} if
 * the other side refuses the proposal. The reader can't be used after it has thrown.
 */
export class FrameReader {
  /** The bytes of an incomplete frame or name. */
  readonly #held = new Uint8Array(2 + MAX_NAME_BYTES)
  #heldBytes = 0
  /** Payload bytes of the current DATA frame that haven't arrived yet. */
  #dataBytes = 0
  #dataOffset = 0
  /** Whether a name may come next instead of a frame. */
  #mayBeName: boolean
  /** Whether the end of proposals may come next. */
  #mayBeEndOfProposals: boolean
  /** Expected multistream-select answers that haven't arrived yet. */
  readonly #answers: string[]

  constructor(start: ReaderStart) {
    this.#mayBeName = start === 'name-or-frame'
    this.#mayBeEndOfProposals = start === 'name-or-frame'
    this.#answers = start === 'answers' ? [MULTISTREAM_PROTOCOL, LASTING_PROTOCOL] : []
  }

  /**
   * Reads a chunk and calls `read` for each frame, name or piece of DATA that it completes. DATA is passed as
   * a view of the chunk.
   */
  push(chunk: Uint8Array, read: (frame: ReadFrame) => void): void {
    let rest = chunk
    while (rest.byteLength > 0) {
      if (this.#dataBytes > 0) {
        const bytes = rest.subarray(0, this.#dataBytes)
        const offset = this.#dataOffset
        this.#dataBytes -= bytes.byteLength
        this.#dataOffset += bytes.byteLength
        rest = rest.subarray(bytes.byteLength)
        read({ type: 'data', offset, bytes })
        continue
      }
      // The first bytes determine the length, so take only as many bytes as are known to be missing.
      const missing = this.#missingBytes()
      const taken = rest.subarray(0, missing)
      this.#held.set(taken, this.#heldBytes)
      this.#heldBytes += taken.byteLength
      rest = rest.subarray(taken.byteLength)
      if (this.#missingBytes() > 0) continue
      const frame = this.#finish()
      if (frame !== undefined) read(frame)
    }
  }

  /** Bytes that are known to be missing from the held frame or name; 0 once it is complete. */
  #missingBytes(): number {
    const code = this.#held[0] ?? 0
    if (this.#heldBytes === 0) return 1
    if (this.#isEndOfProposals(code)) return 0
    if (this.#isName(code)) return this.#missingNameBytes(code)
    const bodyBytes = BODY_BYTES[code]
    if (bodyBytes === undefined) throw new LastingProtocolError(`the frame code ${code} is invalid`)
    return 1 + bodyBytes - this.#heldBytes
  }

  #isEndOfProposals(first: number): boolean {
    return this.#mayBeEndOfProposals && first === END_OF_PROPOSALS[0]
  }

  #isName(first: number): boolean {
    return this.#answers.length > 0 || (this.#mayBeName && first !== CODES.resume)
  }

  #missingNameBytes(first: number): number {
    if (first < 0x80) return 1 + first - this.#heldBytes
    if (this.#heldBytes === 1) return 1
    return 2 + this.#nameLength() - this.#heldBytes
  }

  #nameLength(): number {
    const length = ((this.#held[0] ?? 0) & 0x7f) | ((this.#held[1] ?? 0) << 7)
    if (length > MAX_NAME_BYTES) {
      throw new LastingProtocolError(`a protocol name of ${length} bytes is longer than ${MAX_NAME_BYTES}`)
    }
    return length
  }

  #finish(): ReadFrame | undefined {
    const bytes = this.#held.subarray(0, this.#heldBytes)
    const code = bytes[0] ?? 0
    this.#heldBytes = 0
    const isEndOfProposals = this.#isEndOfProposals(code)
    this.#mayBeEndOfProposals = false
    if (isEndOfProposals) return undefined
    if (this.#isName(code)) return this.#readName(bytes.subarray(code < 0x80 ? 1 : 2))
    this.#mayBeName = false
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (code === CODES.data) {
      this.#dataOffset = getOffset(view, 1)
      this.#dataBytes = view.getUint32(9)
      if (this.#dataBytes < 1 || this.#dataBytes > MAX_DATA_BYTES) {
        throw new LastingProtocolError(
          `a DATA frame must have 1 to ${MAX_DATA_BYTES} bytes, but this one has ${this.#dataBytes}`,
        )
      }
      return undefined
    }
    return decodeFrame(code, bytes, view)
  }

  #readName(line: Uint8Array): ReadFrame | undefined {
    const name = textOf(line)
    const answer = this.#answers.shift()
    if (answer === undefined) {
      this.#mayBeName = false
      return { type: 'protocol', name }
    }
    if (name !== answer) throw new LastingUnsupportedError()
    return undefined
  }
}

function decodeFrame(code: number, bytes: Uint8Array, view: DataView): Frame {
  switch (code) {
    case CODES.resume:
      return {
        type: 'resume',
        id: bytes.slice(1, 1 + STREAM_ID_BYTES),
        epoch: view.getUint32(17),
        received: getOffset(view, 21),
        limit: getOffset(view, 29),
      }
    case CODES.open:
      return { type: 'open', id: bytes.slice(1, 1 + STREAM_ID_BYTES), limit: getOffset(view, 17) }
    case CODES.accept:
      return { type: 'accept', limit: getOffset(view, 1) }
    case CODES.refused:
      return { type: 'refused', reason: reasonOf(REFUSAL_REASONS, bytes[1]) }
    case CODES.resumed:
      return { type: 'resumed', received: getOffset(view, 1), limit: getOffset(view, 9) }
    case CODES.ack:
      return { type: 'ack', received: getOffset(view, 1), limit: getOffset(view, 9) }
    case CODES.fin:
      return { type: 'fin', offset: getOffset(view, 1) }
    default:
      return { type: 'reset', reason: reasonOf(RESET_REASONS, bytes[1]) }
  }
}

function textOf(line: Uint8Array): string {
  if (line.byteLength < 2 || line.at(-1) !== 0x0a) {
    throw new LastingProtocolError('a protocol name does not end in a line feed')
  }
  return new TextDecoder().decode(line.subarray(0, -1))
}

function reasonOf<Reason>(reasons: readonly Reason[], code: number | undefined): Reason {
  const reason = reasons[code ?? -1]
  if (reason === undefined) throw new LastingProtocolError(`the reason code ${code} is invalid`)
  return reason
}

/** Writes an unsigned 64-bit offset. JavaScript numbers are exact only up to 53 bits. */
function setOffset(view: DataView, at: number, offset: number): void {
  view.setUint32(at, Math.floor(offset / 0x1_0000_0000))
  view.setUint32(at + 4, offset >>> 0)
}

function getOffset(view: DataView, at: number): number {
  const high = view.getUint32(at)
  if (high > 0x1f_ffff) throw new LastingProtocolError('an offset is larger than 2^53 - 1')
  return high * 0x1_0000_0000 + view.getUint32(at + 4)
}
