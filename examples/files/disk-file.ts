import { Sha256 } from './sha256.ts'

/**
 * Directory in the origin private file system for files that the user downloads later. The receiving page
 * holds a lock per file.
 */
const DIRECTORY = 'libp2p-websocket-received'
const lockOf = (name: string): string => `libp2p-websocket:received:${name}`

/** The part of the File System Access API used here; TypeScript's DOM library has no types for it. */
interface SavePicker {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>
}

/** A file that was written completely. */
export interface WrittenFile {
  /** SHA-256 of all written bytes, as 64 hexadecimal digits. */
  sha256: string
  /** Object URL for a download link, or empty if the file is already where the user wants it. */
  url: string
}

/** Writes a file of any size to disk, piece by piece. */
export class DiskFile {
  readonly #handle: FileSystemFileHandle
  readonly #stream: FileSystemWritableFileStream
  readonly #isPrivate: boolean
  readonly #hash = new Sha256()

  private constructor(
    handle: FileSystemFileHandle,
    stream: FileSystemWritableFileStream,
    isPrivate: boolean,
  ) {
    this.#handle = handle
    this.#stream = stream
    this.#isPrivate = isPrivate
  }

  /**
   * Asks the user where to save. In browsers without such a dialog, the file first goes to the origin private
   * file system. Call it from a click handler.
   *
   * Rejects with an AbortError if the user cancels, and with another error if the browser can't store the
   * file.
   */
  static async choose(suggestedName: string): Promise<DiskFile> {
    const { showSaveFilePicker } = globalThis as SavePicker
    if (showSaveFilePicker !== undefined) {
      const handle = await showSaveFilePicker({ suggestedName })
      return new DiskFile(handle, await handle.createWritable(), false)
    }
    const name = crypto.randomUUID()
    // Held until this page closes. Acquired before the file exists, so that no other page deletes it.
    await new Promise<void>((held) => {
      void navigator.locks.request(lockOf(name), () => new Promise(() => held()))
    })
    const handle = await (await receivedFiles()).getFileHandle(name, { create: true })
    return new DiskFile(handle, await handle.createWritable(), true)
  }

  /**
   * Deletes files that closed pages have left behind: nobody can download them any more. Rejects if the
   * browser blocks storage.
   */
  static async deleteOrphans(): Promise<void> {
    const directory = await receivedFiles()
    const names: string[] = []
    for await (const name of directory.keys()) names.push(name)
    for (const name of names) {
      await navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
        if (lock !== null) await directory.removeEntry(name)
      })
    }
  }

  /** Appends bytes. Rejects with the browser's DOMException if the disk is full. */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#stream.write(bytes)
    this.#hash.update(bytes)
  }

  /** Drops what was written. */
  async abort(): Promise<void> {
    try {
      await this.#stream.abort()
    } catch (error) {
      // It has ended already, because the disk is full.
      console.debug('the file was not written:', error)
    }
  }

  /** Completes the file. Call it once. */
  async close(): Promise<WrittenFile> {
    await this.#stream.close()
    const url = this.#isPrivate ? URL.createObjectURL(await this.#handle.getFile()) : ''
    return { sha256: this.#hash.digest(), url }
  }
}

async function receivedFiles(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  return await root.getDirectoryHandle(DIRECTORY, { create: true })
}
