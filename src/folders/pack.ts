import type { KeptFile } from './folder-database.ts'
import type { SourceFile } from './folder.ts'

/** The directory of the origin's own file system that holds the packs. */
export const PACK_DIRECTORY = 'libp2p-websocket-folders'
/** Bytes that are handed to the file system at a time. Many small files go together, a large one in parts. */
export const DEFAULT_BATCH_BYTES = 4 * 1_048_576
/** Files in a batch, however small they are. */
export const DEFAULT_BATCH_FILES = 256

/** A file that could not be read while it was copied. */
export class UnreadableFile extends Error {
  readonly path: string

  constructor(path: string, cause: unknown) {
    super(path === '' ? 'a file cannot be read' : `${path} cannot be read`, { cause })
    this.name = 'UnreadableFile'
    this.path = path
  }
}

/** What is told while a pack is written. */
export interface PackWriting {
  signal: AbortSignal | undefined
  batchBytes: number
  /** Files that are wholly written, and bytes. */
  progress(files: number, bytes: number): void
}

/**
 * The packs: files of the origin's own file system, each of which holds all files of a copied folder, one behind the other.
 *
 * One file rather than thousands: it is written in one go, about a hundred times faster for small files, is there wholly or not
 * at all, and asks nothing of its files' names, which no file system needs to take.
 */
export class Packs {
  readonly #directory: () => Promise<FileSystemDirectoryHandle>

  /** @param directory default {@link PACK_DIRECTORY} */
  constructor(directory = PACK_DIRECTORY) {
    this.#directory = async () => {
      const root = await navigator.storage.getDirectory()
      return await root.getDirectoryHandle(directory, { create: true })
    }
  }

  /**
   * Writes a pack and says where each file came to lie. If that fails, or the signal is aborted, nothing is left of it.
   *
   * Rejects with {@link UnreadableFile}, with what the file system threw (`QuotaExceededError`), or with the signal's reason.
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
        // What was written so far is in a file beside it, which goes with this.
        await target.abort(error)
        throw error
      }
      await target.close()
      start = 0
      for (const { path, file } of files) {
        kept.push({ pack, path, start, size: file.size, modifiedMs: file.lastModified })
        start += file.size
      }
      // Not every browser notices a file that was cut short since it was picked.
      if ((await handle.getFile()).size !== start) throw new UnreadableFile('', undefined)
      return kept
    } catch (error) {
      await directory.removeEntry(pack)
      throw error
    }
  }

  /** The content of a pack; it can be sliced without being read. Rejects with `NotFoundError` if it is gone. */
  async open(pack: string): Promise<File> {
    const handle = await (await this.#directory()).getFileHandle(pack)
    return await handle.getFile()
  }

  /** Removes a pack; one that is not there is no fault. */
  async remove(pack: string): Promise<void> {
    try {
      await (await this.#directory()).removeEntry(pack)
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error
    }
  }

  /** Removes what no folder has: the browser ended while it was written, or before it was removed. */
  async sweep(kept: ReadonlySet<string>): Promise<void> {
    const directory = await this.#directory()
    const strays: string[] = []
    for await (const name of directory.keys()) if (!kept.has(name)) strays.push(name)
    for (const name of strays) await this.remove(name)
  }
}

interface Batch {
  parts: Blob[]
  /** The files that the parts are of. */
  sources: SourceFile[]
  bytes: number
  /** Files that are done with when this batch is. */
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
    // The browser reads the parts as it writes them: they are never in this page's memory.
    await target.write(new Blob(batch.parts))
  } catch (error) {
    for (const { path, file } of batch.sources) {
      try {
        await file.slice(0, 1).arrayBuffer()
      } catch (cause) {
        throw new UnreadableFile(path, cause)
      }
    }
    // When storage runs out, Chromium at times says that it cannot read; but all that is read is there.
    if (error instanceof DOMException && error.name === 'NotReadableError') {
      throw new DOMException('the browser stores no more', 'QuotaExceededError')
    }
    throw error
  }
}
