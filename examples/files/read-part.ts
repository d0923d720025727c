/**
 * Reads a part of a file. Rejects with a NotReadableError if the file has changed since the user chose it.
 */
export async function readPart(file: Blob, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  let cause: unknown = 'it has become shorter'
  try {
    const bytes = new Uint8Array(await file.slice(start, end).arrayBuffer())
    if (bytes.byteLength === Math.max(0, Math.min(end, file.size) - start)) return bytes
  } catch (error) {
    cause = error
  }
  console.debug('the file cannot be read:', cause)
  throw new DOMException(
    'The file can’t be read any more: it was changed, moved or deleted. Choose it again',
    'NotReadableError',
  )
}
