import type { KeptFile } from './folder-database.ts'
import type { SourceFile } from './folder.ts'

/** The directory of the packs in the origin private file system. */
export const PACK_DIRECTORY = 'libp2p-websocket-folders'
/** Bytes written to the file system at a time. Small files are grouped, large ones are split. */
export const DEFAULT_BATCH_BYTES = 4 * 1_048_576
/** Files in one such batch. */
export const DEFAULT_BATCH_FILES = 256

/** Packs kept open for reading. The least recently used is forgotten first. */
const MAX_OPEN_PACKS = 16

/** A file that could not be read while it was being copied. `path` is empty if it isn't known which. */
export class UnreadableFile extends Error {
  readonly path: string

  constructor(path: string, cause: unknown) {
    super(path === '' ? 'a file cannot be read' : `${path} cannot be read`, { cause })
    this.name = 'UnreadableFile'
    this.path = path
  }
}

/** Options of {@link Packs.write}. */
export interface PackWriting {
  signal: AbortSignal | undefined
  batchBytes: number
  /** Called with the number of completely written files and of bytes. */
  progress(files: number, bytes: number): void
}

/**
 * Stores copied folders in the origin private file system. Each pack is one file that contains all files of a
 * folder, one after another.
 *
 * A single file is written atomically, is about a hundred times faster than many small files, and puts no
 * restrictions on the names in the folder.
 */
export class Packs {
  readonly #directory: () => Promise<FileSystemDirectoryHandle>
  /** Least recently used first. */
  readonly #open = new Map<string, File>()

  /** @param directory default {@link PACK_DIRECTORY} */
  constructor(directory = PACK_DIRECTORY) {
    this.#directory = async () => {
      const root = await navigator.storage.getDirectory()
      return await root.getDirectoryHandle(directory, { create: true })
    }
  }

  /**
   * Writes a pack, and resolves to the position of each file in it. If it rejects, the pack has been removed
   * again.
   *
   * Rejects with {@link UnreadableFile}, an error of the file system such as `QuotaExceededError`, or the
   * signal's reason.
   */
  async write(pack: string, files: readonly SourceFile[], writing: PackWriting): Promise<KeptFile[]> {
    writing.signal?.throwIfAborted()
    const directory = await this.#directory()
    const handle = await directory.getFileHandle(pack, { create: true })
    try {
      const target = await handle.createWritable()
      const kept: KeptFile[] = []
      let start = 0
      try {
        for (const batch of batches(files, writing.batchBytes)) {
          writing.signal?.throwIfAborted()
          await writeBatch(target, batch)
          start += batch.bytes
          writing.progress(batch.filesDone, start)
        }
        writing.signal?.throwIfAborted()
      } catch (error) {
        // Deletes the temporary file that holds what was written so far.
        await target.abort(error)
        throw error
      }
      await target.close()
      start = 0
      for (const { path, file } of files) {
        kept.push({ pack, path, start, size: file.size, modifiedMs: file.lastModified })
        start += file.size
      }
      // Not every browser notices that a file was truncated since the user picked it.
      if ((await handle.getFile()).size !== start) throw new UnreadableFile('', undefined)
      return kept
    } catch (error) {
      await directory.removeEntry(pack)
      throw error
    }
  }

  /**
   * Opens a pack for reading. The file can be sliced without being read. Rejects with `NotFoundError` if it
   * is gone.
   */
  async open(pack: string): Promise<File> {
    const file = this.#open.get(pack) ?? (await this.#openFile(pack))
    // Deleted and set again, so that the map is ordered by last use.
    this.#open.delete(pack)
    const [oldest] = this.#open.keys()
    if (oldest !== undefined && this.#open.size >= MAX_OPEN_PACKS) this.#open.delete(oldest)
    this.#open.set(pack, file)
    return file
  }

  /** Forgets the packs that are open. */
  close(): void {
    this.#open.clear()
  }

  /** Removes a pack. Does nothing if it doesn't exist. */
  async remove(pack: string): Promise<void> {
    this.#open.delete(pack)
    try {
      await (await this.#directory()).removeEntry(pack)
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error
    }
  }

  /**
   * Removes packs that belong to no folder, which remain if the browser ends during an addition or a removal.
   */
  async sweep(kept: ReadonlySet<string>): Promise<void> {
    const directory = await this.#directory()
    const strays: string[] = []
    for await (const name of directory.keys()) if (!kept.has(name)) strays.push(name)
    for (const name of strays) await this.remove(name)
  }

  async #openFile(pack: string): Promise<File> {
    const handle = await (await this.#directory()).getFileHandle(pack)
    return await handle.getFile()
  }
}

interface Batch {
  parts: Blob[]
  /** The file of each part. */
  sources: SourceFile[]
  bytes: number
  /** Number of files that are complete once this batch is written. */
  filesDone: number
}

function* batches(files: readonly SourceFile[], batchBytes: number): Generator<Batch> {
  let batch: Batch = { parts: [], sources: [], bytes: 0, filesDone: 0 }
  for (const [index, source] of files.entries()) {
    for (let start = 0; start < source.file.size;) {
      const end = Math.min(source.file.size, start + batchBytes - batch.bytes)
      batch.parts.push(source.file.slice(start, end))
      batch.sources.push(source)
      batch.bytes += end - start
      start = end
      if (start === source.file.size) batch.filesDone = index + 1
      if (batch.bytes >= batchBytes || batch.parts.length >= DEFAULT_BATCH_FILES) {
        yield batch
        batch = { parts: [], sources: [], bytes: 0, filesDone: batch.filesDone }
      }
    }
  }
  yield { ...batch, filesDone: files.length }
}

async function writeBatch(target: FileSystemWritableFileStream, batch: Batch): Promise<void> {
  try {
    // The browser reads the parts while it writes them, so they never take up the page's memory.
    await target.write(new Blob(batch.parts))
  } catch (error) {
    for (const { path, file } of batch.sources) {
      try {
        await file.slice(0, 1).arrayBuffer()
      } catch (cause) {
        throw new UnreadableFile(path, cause)
      }
    }
    // When storage is full, Chromium sometimes reports a read error, although all files can be read.
    if (error instanceof DOMException && error.name === 'NotReadableError') {
      throw new DOMException('the browser’s storage is full', 'QuotaExceededError')
    }
    throw error
  }
}
