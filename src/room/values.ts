/** How a value is encoded: the first byte of a message, a state or an answer. */
const JSON_FORMAT = 0
const BYTES_FORMAT = 1
const NOTHING_FORMAT = 2

const fatalUtf8 = new TextDecoder('utf-8', { fatal: true })

/** Encodes what JSON can express, bytes, or undefined. Throws a TypeError for a function or a symbol. */
export function encodeValue(value: unknown): Uint8Array<ArrayBuffer> {
  if (value === undefined) return Uint8Array.of(NOTHING_FORMAT)
  if (value instanceof ArrayBuffer) return withFormat(BYTES_FORMAT, new Uint8Array(value))
  if (ArrayBuffer.isView(value)) {
    return withFormat(BYTES_FORMAT, new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  }
  // The types promise a text, but functions have none.
  const text = JSON.stringify(value) as string | undefined
  if (text === undefined) throw new TypeError(`A ${typeof value} can’t be sent.`)
  return withFormat(JSON_FORMAT, new TextEncoder().encode(text))
}

/** Decodes a value. Bytes become a Uint8Array. Throws if it is malformed. */
export function decodeValue(body: Uint8Array): unknown {
  const [format = -1] = body
  const content = body.subarray(1)
  switch (format) {
    case JSON_FORMAT:
      return JSON.parse(fatalUtf8.decode(content))
    case BYTES_FORMAT:
      return content.slice()
    case NOTHING_FORMAT:
      return undefined
    default:
      throw new TypeError('The value has an unknown format.')
  }
}

function withFormat(format: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(1 + content.byteLength)
  body[0] = format
  body.set(content, 1)
  return body
}
