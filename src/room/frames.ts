import { MAX_ADDRESSES, MAX_ADDRESS_LENGTH, MAX_INTRODUCED, PART_BYTES } from './limits.ts'
import { PAGE_PATTERN } from './member.ts'

/** The version of the protocol. The sides of a connection must have the same. */
export const VERSION = 1

/** Codes of the frames that belong to a connection. */
const HELLO = 0
const PROOF = 1
const REFUSED = 2
const SESSION = 3
const MEMBERS = 4
const ACK = 5
const LEAVE = 6
/** Codes from here to {@link MORE} are those of parts, which are numbered and arrive once. */
const FIRST_PART = 16
/** The flag of a part that others of the same message follow. */
const MORE = 0x80

/** What a message consists of. Receivers acknowledge and ignore others. */
export const PartKind = {
  state: 16,
  message: 17,
  missed: 18,
  request: 19,
  answer: 20,
  failure: 21,
  cancel: 22,
} as const

/** Why a connection is refused. Receivers treat others like the first. */
export const Refusal = { version: 0, proof: 1, full: 2, removed: 3, busy: 4 } as const

export const NONCE_BYTES = 16
export const MAC_BYTES = 32
const PAGE_BYTES = 11
/** Bytes before the content of a part: the code and the number. */
const PART_HEADER_BYTES = 9

/** The characters of base58 and of CIDs. */
const PEER_PATTERN = /^[\dA-Za-z]{1,128}$/u

/** A member as others introduce it. */
export interface Introduction {
  peer: string
  page: string
  addresses: string[]
}

/** A message on a connection between two members. `docs/rooms.md` says what each is for. */
export type Frame =
  | { type: 'hello'; version: number; nonce: Uint8Array }
  | { type: 'proof'; page: string; mac: Uint8Array }
  | { type: 'refused'; reason: number }
  | { type: 'session'; own: number; known: number; received: number }
  | { type: 'members'; members: Introduction[] }
  | { type: 'ack'; received: number }
  | { type: 'leave' }
  | { type: 'part'; kind: number; isLast: boolean; seq: number; body: Uint8Array }

/** Encodes a frame. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  switch (frame.type) {
    case 'hello':
      return joined([HELLO, frame.version], frame.nonce)
    case 'proof':
      return joined([PROOF], new TextEncoder().encode(frame.page), frame.mac)
    case 'refused':
      return Uint8Array.of(REFUSED, frame.reason)
    case 'session':
      return joined([SESSION], u32(frame.own), u32(frame.known), u64(frame.received))
    case 'members':
      return joined(
        [MEMBERS],
        new TextEncoder().encode(
          JSON.stringify(frame.members.map(({ peer, page, addresses }) => [peer, page, addresses])),
        ),
      )
    case 'ack':
      return joined([ACK], u64(frame.received))
    case 'leave':
      return Uint8Array.of(LEAVE)
    case 'part':
      return joined([frame.kind | (frame.isLast ? 0 : MORE)], u64(frame.seq), frame.body)
    default:
      return frame satisfies never
  }
}

/** Decodes a frame. Returns undefined for an unknown code, and throws a TypeError if it is malformed. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  const [code] = bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (code === undefined) throw new TypeError('A frame is empty.')
  if ((code & ~MORE) >= FIRST_PART) return decodePart(bytes, view)
  switch (code) {
    case HELLO:
      // Other versions may have other fields.
      return { type: 'hello', version: view.getUint8(1), nonce: bytes.slice(2) }
    case PROOF:
      assertLength(bytes, 1 + PAGE_BYTES + MAC_BYTES)
      return {
        type: 'proof',
        page: readPage(new TextDecoder().decode(bytes.subarray(1, 1 + PAGE_BYTES))),
        mac: bytes.slice(1 + PAGE_BYTES),
      }
    case REFUSED:
      return { type: 'refused', reason: view.getUint8(1) }
    case SESSION:
      assertLength(bytes, 17)
      return { type: 'session', own: view.getUint32(1), known: view.getUint32(5), received: readU64(view, 9) }
    case MEMBERS:
      return {
        type: 'members',
        members: readMembers(JSON.parse(new TextDecoder().decode(bytes.subarray(1)))),
      }
    case ACK:
      assertLength(bytes, 9)
      return { type: 'ack', received: readU64(view, 1) }
    case LEAVE:
      return { type: 'leave' }
    default:
      return undefined
  }
}

function decodePart(bytes: Uint8Array, view: DataView): Frame {
  const code = view.getUint8(0)
  const isLast = code < MORE
  const body = bytes.subarray(PART_HEADER_BYTES)
  const seq = readU64(view, 1)
  // So the number of parts that a receiver holds is bounded by their bytes.
  if (isLast ? body.byteLength > PART_BYTES : body.byteLength !== PART_BYTES) {
    throw new TypeError(`A part has ${body.byteLength} bytes.`)
  }
  return { type: 'part', kind: code & ~MORE, isLast, seq, body }
}

function readMembers(value: unknown): Introduction[] {
  if (!Array.isArray(value) || value.length > MAX_INTRODUCED)
    throw new TypeError('An introduction is not a list.')
  return value.map((entry: unknown) => {
    if (!Array.isArray(entry)) throw new TypeError('An introduction is not a list.')
    const [peer, page, addresses] = entry as unknown[]
    if (!Array.isArray(addresses) || addresses.length > MAX_ADDRESSES)
      throw new TypeError('Addresses are not a list.')
    return { peer: readPeer(peer), page: readPage(page), addresses: addresses.map(readText) }
  })
}

function readPeer(value: unknown): string {
  if (typeof value !== 'string' || !PEER_PATTERN.test(value)) throw new TypeError('A peer’s ID is invalid.')
  return value
}

function readText(value: unknown): string {
  if (typeof value !== 'string' || value.length > MAX_ADDRESS_LENGTH)
    throw new TypeError('A text is too long, or none.')
  return value
}

function readPage(value: unknown): string {
  if (typeof value !== 'string' || !PAGE_PATTERN.test(value)) throw new TypeError('A page’s ID is invalid.')
  return value
}

function assertLength(bytes: Uint8Array, length: number): void {
  if (bytes.byteLength !== length)
    throw new TypeError(`A frame has ${bytes.byteLength} bytes instead of ${length}.`)
}

function readU64(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at))
  if (!Number.isSafeInteger(value)) throw new TypeError('A number is too large.')
  return value
}

/** Encodes an unsigned number in 4 bytes, big-endian. */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}

/** Returns the concatenation. */
export function joined(...pieces: (Uint8Array | readonly number[])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
