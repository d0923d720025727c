import { LastingProtocolError, LastingUnsupportedError } from './errors.ts'
import type { Frame, ReadFrame } from './frames.ts'
import {
  BODY_BYTES,
  CODES,
  END_OF_PROPOSALS,
  LASTING_PROTOCOL,
  MAX_DATA_BYTES,
  MAX_NAME_BYTES,
  MULTISTREAM_PROTOCOL,
  STREAM_ID_BYTES,
} from './frames.ts'
import { REFUSAL_REASONS, RESET_REASONS } from './reasons.ts'

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
        const isAll = rest.byteLength <= this.#dataBytes
        const bytes = isAll ? rest : rest.subarray(0, this.#dataBytes)
        const offset = this.#dataOffset
        this.#dataBytes -= bytes.byteLength
        this.#dataOffset += bytes.byteLength
        read({ type: 'data', offset, bytes })
        if (isAll) return
        rest = rest.subarray(bytes.byteLength)
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

function getOffset(view: DataView, at: number): number {
  const high = view.getUint32(at)
  if (high > 0x1f_ffff) throw new LastingProtocolError('an offset is larger than 2^53 - 1')
  return high * 0x1_0000_0000 + view.getUint32(at + 4)
}
