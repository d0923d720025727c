import { Sha256 } from './sha256.ts'

/** UTF-16 units that a file's name may have. */
const MAX_NAME_LENGTH = 120

/** What this file needs of the File System Access API, of which TypeScript's DOM library has no types. */
interface SavePicker {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>
}

/** A file that is whole. */
export interface WrittenFile {
  /** Of all that was written, as 64 hexadecimal digits. */
  sha256: string
  /** For a link that saves it, if it lies in the browser's storage; empty if it is where the user wanted it. */
  url: string
}

/** A file that is written piece by piece, so that its size does not matter. */
export class DiskFile {
  readonly #handle: FileSystemFileHandle
  readonly #stream: FileSystemWritableFileStream
  readonly #isHidden: boolean
  readonly #hash = new Sha256()

  private constructor(handle: FileSystemFileHandle, stream: FileSystemWritableFileStream, isHidden: boolean) {
    this.#handle = handle
    this.#stream = stream
    this.#isHidden = isHidden
  }

  /**
   * Lets the user choose a place; where the browser has no such dialog, the file goes to its storage first. To be called in a click.
   *
   * Rejects with an AbortError if the user chooses none; otherwise where the browser can do neither, or is out of storage.
   */
  static async choose(suggestedName: string): Promise<DiskFile> {
    const { showSaveFilePicker } = globalThis as SavePicker
    if (showSaveFilePicker !== undefined) {
      const handle = await showSaveFilePicker({ suggestedName })
      return new DiskFile(handle, await handle.createWritable(), false)
    }
    const root = await navigator.storage.getDirectory()
    const handle = await root.getFileHandle(`incoming-${crypto.randomUUID()}`, { create: true })
    return new DiskFile(handle, await handle.createWritable(), true)
  }

  /** Rejects with the browser's DOMException where there is no room. */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#stream.write(bytes)
    this.#hash.update(bytes)
  }

  /** The file is whole. To be called once. */
  async close(): Promise<WrittenFile> {
    await this.#stream.close()
    const url = this.#isHidden ? URL.createObjectURL(await this.#handle.getFile()) : ''
    return { sha256: this.#hash.digest(), url }
  }
}

/** A name from somebody else as one that a file may have on every system: `file` if nothing is left of it. */
export function cleanFileName(name: string): string {
  const clean = name
    .replaceAll(/[\p{Cc}\p{Cf}/\\:*?"<>|]+/gu, '_')
    .replace(/^\.+/u, '')
    .slice(0, MAX_NAME_LENGTH)
    .trim()
  return clean === '' ? 'file' : clean
}
