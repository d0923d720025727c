/** The first byte of a message. A later version may have more; this one ignores them. */
export const SYNC_MESSAGE = {
  /** A state vector, which asks for what its sender lacks. */
  ask: 0,
  /** The answer: an update, which may be large. */
  answer: 1,
  /** A change of the document. */
  update: 2,
  awareness: 3,
  /** A part of a longer message of another kind. */
  part: 4,
} as const

/** The kinds of {@link SYNC_MESSAGE}. */
export type SyncKind = (typeof SYNC_MESSAGE)[keyof typeof SYNC_MESSAGE]

/**
 * Bytes of one part, except the last. Longer messages are sent in several, each once the one before has
 * arrived.
 */
export const PART_BYTES = 1_048_576

/** Bytes of one message in parts: 64 MiB. A larger one is refused, so its document is not synced. */
export const DEFAULT_MAX_UPDATE_BYTES = 67_108_864

/**
 * After the kind of a part: the kind of the whole, and two u32, big-endian: this part's offset, and the
 * length.
 */
const PART_HEADER_BYTES = 9

export function encodeMessage(kind: SyncKind, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(1 + body.byteLength)
  message[0] = kind
  message.set(body, 1)
  return message
}

/** Encodes a message into one message, or into parts if it is long. */
export function* encodeParts(kind: SyncKind, body: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  if (body.byteLength <= PART_BYTES) {
    yield encodeMessage(kind, body)
    return
  }
  for (let offset = 0; offset < body.byteLength; offset += PART_BYTES) {
    const content = body.subarray(offset, offset + PART_BYTES)
    const part = new Uint8Array(PART_HEADER_BYTES + content.byteLength)
    part[0] = kind
    new DataView(part.buffer).setUint32(1, offset)
    new DataView(part.buffer).setUint32(5, body.byteLength)
    part.set(content, PART_HEADER_BYTES)
    yield encodeMessage(SYNC_MESSAGE.part, part)
  }
}

/**
 * Puts the parts of one message together. Parts that don't follow each other, or aren't full, are dropped.
 */
export class PartCollector {
  #parts: Uint8Array[] = []
  #bytes = 0

  /** Returns the whole message with its last part. Throws a RangeError if it is too large. */
  add(part: Uint8Array): { kind: number; body: Uint8Array } | undefined {
    const view = new DataView(part.buffer, part.byteOffset, part.byteLength)
    const [kind, offset, length] = [view.getUint8(0), view.getUint32(1), view.getUint32(5)]
    if (length > DEFAULT_MAX_UPDATE_BYTES) throw new RangeError(`a message has ${length} bytes`)
    if (offset === 0) this.clear()
    const content = part.subarray(PART_HEADER_BYTES)
    // Full parts only, so their number is bounded by their bytes.
    if (offset !== this.#bytes || content.byteLength !== Math.min(PART_BYTES, length - offset)) {
      this.clear()
      return undefined
    }
    this.#parts.push(content)
    this.#bytes += content.byteLength
    if (this.#bytes < length) return undefined
    const body = new Uint8Array(length)
    let at = 0
    for (const one of this.#parts) {
      body.set(one, at)
      at += one.byteLength
    }
    this.clear()
    return { kind, body }
  }

  clear(): void {
    this.#parts = []
    this.#bytes = 0
  }
}
