import type { Connection } from '../../src/client/index.ts'
import { nextMessage } from './talk.ts'

/** Bytes per part. */
const PART_BYTES = 262_144

/**
 * Reads a part of a file. Rejects with a NotReadableError if the file has changed since the user chose it.
 */
export async function readPart(file: Blob, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  let cause: unknown = 'it has become shorter'
  try {
    const bytes = new Uint8Array(await file.slice(start, end).arrayBuffer())
    if (bytes.byteLength === Math.min(end, file.size) - start) return bytes
  } catch (error) {
    cause = error
  }
  console.debug('the file cannot be read:', cause)
  throw new DOMException(
    'The file can’t be read any more: it was changed, moved or deleted. Reload this page and choose it again',
    'NotReadableError',
  )
}

/** Reads a file from `start` to its end, in parts. Rejects like {@link readPart}. */
export async function* readRest(file: Blob, start: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for (let at = start; at < file.size; at += PART_BYTES) yield await readPart(file, at, at + PART_BYTES)
}

/**
 * Returns the next part of a file from a peer. Rejects with a NotReadableError if it is empty, which means
 * that the peer can't read the file any more.
 */
export async function nextPart(connection: Connection): Promise<Uint8Array> {
  const part = await nextMessage(connection)
  if (part.byteLength > 0) return part
  throw new DOMException('The sender can’t read the file any more. Ask for another link', 'NotReadableError')
}
