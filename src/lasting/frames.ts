import { Uint8ArrayList } from 'uint8arraylist'
import type { RefusalReason, ResetReason } from './reasons.ts'
import { REFUSAL_REASONS, RESET_REASONS } from './reasons.ts'

/** The libp2p protocol of carriers, specified in `docs/lasting-streams.md`. */
export const LASTING_PROTOCOL = '/lasting/1.0.0'

/** The first message of multistream-select, in both directions. */
export const MULTISTREAM_PROTOCOL = '/multistream/1.0.0'

/** Length of a stream's ID, in bytes. */
export const STREAM_ID_BYTES = 16
/** Maximum payload of a DATA frame, in bytes. */
export const MAX_DATA_BYTES = 65_536
/**
 * Payload of a DATA frame when there is more to send than fits into one, in bytes. With its header, the frame
 * then fits into four messages of js-libp2p's WebRTC streams (16,377 bytes each), and with a yamux header
 * into one message of noise (65,519 bytes). A few bytes more would cost another message, which costs much the
 * same as a full one.
 */
export const FULL_DATA_BYTES = 65_494
/** Length of a DATA frame's header, in bytes. */
export const DATA_HEADER_BYTES = 13
/**
 * Maximum length of a protocol name with its line feed, in bytes. The limit comes from multistream-select.
 */
export const MAX_NAME_BYTES = 1024

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

export const CODES = {
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
export const BODY_BYTES = [STREAM_ID_BYTES + 20, STREAM_ID_BYTES + 8, 8, 1, 16, 12, 16, 8, 1] as const

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
  const high = Math.floor(offset / 0x1_0000_0000)
  const length = payload.byteLength
  // A DataView would cost more than the rest.
  const header = Uint8Array.of(
    CODES.data,
    high >>> 24,
    high >>> 16,
    high >>> 8,
    high,
    offset >>> 24,
    offset >>> 16,
    offset >>> 8,
    offset,
    length >>> 24,
    length >>> 16,
    length >>> 8,
    length,
  )
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

/** Writes an unsigned 64-bit offset. JavaScript numbers are exact only up to 53 bits. */
function setOffset(view: DataView, at: number, offset: number): void {
  view.setUint32(at, Math.floor(offset / 0x1_0000_0000))
  view.setUint32(at + 4, offset >>> 0)
}
