/** What this file needs of the File System Access API, of which TypeScript's DOM library has no types. */
interface SavePicker {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>
}

/** A file that is written piece by piece, so that its size does not matter. */
export class DiskFile {
  readonly #handle: FileSystemFileHandle
  readonly #stream: FileSystemWritableFileStream
  /** It lies in the browser's storage, and is saved from there once it is whole. */
  readonly isHidden: boolean

  private constructor(handle: FileSystemFileHandle, stream: FileSystemWritableFileStream, isHidden: boolean) {
    this.#handle = handle
    this.#stream = stream
    this.isHidden = isHidden
  }

  /**
   * Lets the user choose a place; where the browser has no such dialog, the file goes to its storage first. To be called in a click.
   *
   * Undefined if the user chooses none. Rejects where the browser can do neither, or is out of storage.
   */
  static async choose(suggestedName: string): Promise<DiskFile | undefined> {
    const { showSaveFilePicker } = globalThis as SavePicker
    if (showSaveFilePicker === undefined) {
      const root = await navigator.storage.getDirectory()
      const handle = await root.getFileHandle(`incoming-${crypto.randomUUID()}`, { create: true })
      return new DiskFile(handle, await handle.createWritable(), true)
    }
    try {
      const handle = await showSaveFilePicker({ suggestedName })
      return new DiskFile(handle, await handle.createWritable(), false)
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return undefined
      throw error
    }
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#stream.write(bytes)
  }

  /** The file is whole. */
  async close(): Promise<void> {
    await this.#stream.close()
  }

  /** What was written, for a link that saves it. */
  async file(): Promise<File> {
    return await this.#handle.getFile()
  }
}
