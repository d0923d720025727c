import { sha256 } from '@noble/hashes/sha2.js'
import { readPart } from './read-part.ts'

/** Bytes of a file to hold in memory at once. */
const READ_BYTES = 4_194_304

/** An incremental SHA-256, which `crypto.subtle` doesn't offer. */
export class Sha256 {
  readonly #hash = sha256.create()

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  /** Returns the hash of all bytes as 64 hexadecimal digits. Call it once, at the end. */
  digest(): string {
    return Array.from(this.#hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('')
  }
}

/** Returns the SHA-256 of a file of any size as 64 hexadecimal digits. Rejects if the file has changed. */
export async function sha256Of(file: Blob): Promise<string> {
  const hash = new Sha256()
  for (let at = 0; at < file.size; at += READ_BYTES) {
    hash.update(await readPart(file, at, at + READ_BYTES))
  }
  return hash.digest()
}
