import { sha256 } from '@noble/hashes/sha2.js'
import { readPart } from './file-parts.ts'

/** Bytes of a file that are in memory at once while it is read. */
const READ_BYTES = 4_194_304

/** A SHA-256 of what comes piece by piece, which the browser's own `crypto.subtle` cannot make. */
export class Sha256 {
  readonly #hash = sha256.create()

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  /** Of all that came, as 64 hexadecimal digits. To be asked once, at the end. */
  digest(): string {
    return Array.from(this.#hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('')
  }
}

/** The SHA-256 of a file of any size, as 64 hexadecimal digits. Rejects as `readPart` does. */
export async function sha256Of(file: Blob): Promise<string> {
  const hash = new Sha256()
  for (let at = 0; at < file.size; at += READ_BYTES) {
    hash.update(await readPart(file, at, at + READ_BYTES))
  }
  return hash.digest()
}
