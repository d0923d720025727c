import type { Connection } from '../../src/client/index.ts'
import { nextMessage } from './talk.ts'

/** Reads a part of a file. Rejects with a NotReadableError if it is not what it was when the user chose it. */
export async function readPart(file: Blob, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  let cause: unknown = 'it is shorter'
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

/**
 * The next part of a file from a peer. An empty one says that the peer can't read the file any more: then it rejects with a
 * NotReadableError.
 */
export async function nextPart(connection: Connection): Promise<Uint8Array> {
  const part = await nextMessage(connection)
  if (part.byteLength > 0) return part
  throw new DOMException('The sender can’t read the file any more. Ask for another link', 'NotReadableError')
}
