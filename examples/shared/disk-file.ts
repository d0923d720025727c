import { Sha256 } from './sha256.ts'

/** The directory of the browser's storage to which files go that are saved from there, each named by a lock of the page that has it. */
const DIRECTORY = 'libp2p-websocket-received'
const lockOf = (name: string): string => `libp2p-websocket:received:${name}`

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
    const name = crypto.randomUUID()
    // For as long as this page is open; before there is a file, so that nobody sweeps it away.
    await new Promise<void>((held) => {
      void navigator.locks.request(lockOf(name), () => new Promise(() => held()))
    })
    const handle = await (await receivedFiles()).getFileHandle(name, { create: true })
    return new DiskFile(handle, await handle.createWritable(), true)
  }

  /**
   * Removes what pages that are closed now have left in the browser's storage: it was saved, or nobody can save it any more. Rejects
   * where the browser forbids storage.
   */
  static async sweep(): Promise<void> {
    const directory = await receivedFiles()
    const names: string[] = []
    for await (const name of directory.keys()) names.push(name)
    for (const name of names) {
      await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
        if (lock !== null) await directory.removeEntry(name)
      })
    }
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

async function receivedFiles(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  return await root.getDirectoryHandle(DIRECTORY, { create: true })
}
