import type { Chunk, Pipe } from './pipe.ts'

/**
 * A request to the other end: to send back so many bytes, to count so many and report when they have arrived,
 * or to send so many.
 */
export type Request =
  | { kind: 'echo'; totalBytes: number }
  | { kind: 'sink'; totalBytes: number }
  | { kind: 'feed'; totalBytes: number; messageBytes: number }

const REQUEST_BYTES = 16
const KINDS = ['echo', 'sink', 'feed'] as const

export function encodeRequest(request: Request): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(REQUEST_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, KINDS.indexOf(request.kind))
  view.setUint32(4, request.kind === 'feed' ? request.messageBytes : 0)
  view.setFloat64(8, request.totalBytes)
  return bytes
}

function decodeRequest(bytes: Uint8Array): Request {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const kind = KINDS[view.getUint32(0)]
  const totalBytes = view.getFloat64(8)
  if (kind === undefined) throw new Error('the request is invalid')
  return kind === 'feed' ? { kind, totalBytes, messageBytes: view.getUint32(4) } : { kind, totalBytes }
}

/** Sends so many bytes in messages of that size, as fast as they are accepted. */
export async function feed(pipe: Pipe, totalBytes: number, messageBytes: number): Promise<void> {
  const message = new Uint8Array(messageBytes)
  for (let left = totalBytes; left > 0; left -= messageBytes) {
    const goOn = pipe.send(left >= messageBytes ? message : message.subarray(0, left))
    if (!goOn) await pipe.drain()
  }
}

/** Serves one request after the other. The next one may come once this one has been answered. */
export function serve(pipe: Pipe): void {
  let header = new Uint8Array(0)
  let current: Request | undefined
  let leftBytes = 0

  const take = (chunk: Chunk): void => {
    if (current !== undefined) {
      if (current.kind === 'echo') pipe.send(new Uint8Array(chunk.subarray()))
      leftBytes -= chunk.byteLength
      if (leftBytes > 0) return
      if (current.kind === 'sink') pipe.send(new Uint8Array(1))
      current = undefined
      return
    }
    const wanted = REQUEST_BYTES - header.byteLength
    header = Uint8Array.of(...header, ...chunk.subarray(0, Math.min(wanted, chunk.byteLength)))
    if (header.byteLength < REQUEST_BYTES) return
    const request = decodeRequest(header)
    header = new Uint8Array(0)
    if (request.kind === 'feed') {
      void feed(pipe, request.totalBytes, request.messageBytes)
      return
    }
    current = request
    leftBytes = request.totalBytes
    if (chunk.byteLength > wanted) take(chunk.subarray(wanted))
  }
  pipe.receive(take)
}
