import type { KeptFile, KeptFolder } from './folder-database.ts'
import { FolderDatabase } from './folder-database.ts'
import { filePath, folderName } from './folder-path.ts'
import type {
  AddOutcome,
  AddProgress,
  FindOutcome,
  Folder,
  FolderAccess,
  FolderProblem,
  FolderSource,
  SourceFile,
} from './folder.ts'
import { findLive, liveAccess, requestLiveAccess } from './live-folder.ts'
import { DEFAULT_BATCH_BYTES, Packs, UnreadableFile } from './pack.ts'

/** Folders at a time. */
export const DEFAULT_MAX_FOLDERS = 100
/** Files that are copied of a folder. */
export const DEFAULT_MAX_FILES = 100_000
/** Milliseconds between two calls of `progress`. */
export const DEFAULT_PROGRESS_INTERVAL_MS = 250
/** Additions and removals of all tabs go one after the other. */
const LOCK = 'libp2p-websocket:folders'
const CHANNEL = 'libp2p-websocket:folders'
/** Packs whose file is kept at hand. */
const MAX_OPEN_PACKS = 16

/** Bounds that differ from the defaults, for tests. */
export interface FolderStoreInit {
  maxFolders?: number
  maxFiles?: number
  batchBytes?: number
}

export interface AddOptions {
  /** Called at most every {@link DEFAULT_PROGRESS_INTERVAL_MS}, and once at the end of each step. */
  progress?: (progress: AddProgress) => void
  /** Stops it, and removes what was copied. */
  signal?: AbortSignal
}

/**
 * The folders of this browser, for the pages that manage them and for the service worker that serves them: all have the same.
 *
 * Where the browser forbids storage, every method but {@link add} rejects; `folderProblem` says what of an error.
 */
export class FolderStore {
  readonly #database = new FolderDatabase()
  readonly #packs = new Packs()
  readonly #channel = openChannel()
  readonly #openPacks = new Map<string, File>()
  readonly #maxFolders: number
  readonly #maxFiles: number
  readonly #batchBytes: number

  constructor(init: FolderStoreInit = {}) {
    this.#maxFolders = init.maxFolders ?? DEFAULT_MAX_FOLDERS
    this.#maxFiles = init.maxFiles ?? DEFAULT_MAX_FILES
    this.#batchBytes = init.batchBytes ?? DEFAULT_BATCH_BYTES
  }

  /** All folders, by name. */
  async list(): Promise<Folder[]> {
    return (await this.#database.folders()).map(shown)
  }

  async get(name: string): Promise<Folder | undefined> {
    const kept = await this.#database.folder(name)
    return kept === undefined ? undefined : shown(kept)
  }

  /**
   * Adds a folder, in place of the one of that name if there is one. It is there wholly, or not at all; a folder that is replaced
   * stays until then. Its pages have to be accepted anew.
   */
  async add(source: FolderSource, options: AddOptions = {}): Promise<AddOutcome> {
    const name = folderName(source.name)
    if (name === undefined) return failed({ kind: 'bad-name', name: source.name })
    const needed = { bytes: 0 }
    try {
      return await navigator.locks.request(LOCK, { signal: options.signal ?? never() }, async () => {
        const folders = await this.#database.folders()
        if (folders.length >= this.#maxFolders && !folders.some((other) => other.name === name)) {
          return failed({ kind: 'too-many-folders', maxFolders: this.#maxFolders })
        }
        if (source.kind === 'live') {
          const { handle } = source
          return await this.#put({ kind: 'live', name, handle, addedMs: Date.now(), accepted: false }, [])
        }
        await this.#packs.sweep(new Set(folders.flatMap((folder) => packOf(folder) ?? [])))
        return await this.#copy(name, source.files, needed, options)
      })
    } catch (error) {
      return failed(await folderProblem(error, { neededBytes: needed.bytes, signal: options.signal }))
    }
  }

  /** Removes a folder and its copy; one that is not there is no fault. */
  async remove(name: string): Promise<void> {
    await navigator.locks.request(LOCK, async () => {
      const before = await this.#database.remove(name)
      this.#changed()
      await this.#discard(before)
    })
  }

  /** Lets the folder's pages be opened: somebody has read what they may do. */
  async accept(name: string): Promise<void> {
    await this.#database.accept(name)
    this.#changed()
  }

  /** Whether the folder may be read now; `denied` if there is none of this name. */
  async access(name: string): Promise<FolderAccess> {
    const kept = await this.#database.folder(name)
    if (kept === undefined) return 'denied'
    return kept.kind === 'live' ? await liveAccess(kept.handle) : 'granted'
  }

  /** Lets the browser ask whether the folder may be read. To be called in a click. */
  async requestAccess(name: string): Promise<FolderAccess> {
    const kept = await this.#database.folder(name)
    if (kept === undefined) return 'denied'
    const access = kept.kind === 'live' ? await requestLiveAccess(kept.handle) : 'granted'
    this.#changed()
    return access
  }

  /** What lies at a path of a folder, as `readFolderUrl` gives it. */
  async find(name: string, path: string): Promise<FindOutcome> {
    const kept = await this.#database.folder(name)
    if (kept === undefined) return { kind: 'absent' }
    if (kept.kind === 'live') return await findLive(kept.handle, path)
    if (path === '') return { kind: 'directory' }
    const file = await this.#database.file(kept.pack, path)
    if (file === undefined) {
      return { kind: (await this.#database.hasDirectory(kept.pack, path)) ? 'directory' : 'absent' }
    }
    try {
      const pack = await this.#openPack(kept.pack)
      return {
        kind: 'file',
        content: pack.slice(file.start, file.start + file.size),
        modifiedMs: file.modifiedMs,
      }
    } catch (error) {
      return { kind: 'unreadable', why: String(error) }
    }
  }

  /** Calls back when another tab, or this one, has changed something. */
  watch(changed: () => void, signal: AbortSignal): void {
    const channel = openChannel()
    channel?.addEventListener('message', changed, { signal })
    signal.addEventListener('abort', () => channel?.close(), { once: true })
  }

  /** Lets go of the database. */
  close(): void {
    this.#database.close()
    this.#channel?.close()
    this.#openPacks.clear()
  }

  async #copy(
    name: string,
    sources: AsyncIterable<SourceFile>,
    needed: { bytes: number },
    { progress, signal }: AddOptions,
  ): Promise<AddOutcome> {
    const report = throttled(progress)
    const byPath = new Map<string, SourceFile>()
    for await (const source of sources) {
      signal?.throwIfAborted()
      const path = filePath(source.path)
      if (path === undefined) continue
      if (byPath.size >= this.#maxFiles) return failed({ kind: 'too-many-files', maxFiles: this.#maxFiles })
      byPath.set(path, { path, file: source.file })
      needed.bytes += source.file.size
      report({ step: 'list', files: byPath.size, bytes: needed.bytes, totalFiles: 0, totalBytes: 0 })
    }
    const files = [...byPath.values()]
    const totals = {
      totalFiles: files.length,
      totalBytes: files.reduce((sum, { file }) => sum + file.size, 0),
    }
    if (files.length === 0) return failed({ kind: 'empty', name })
    const freeBytes = await freeStorage()
    // Better now than after most of it has been copied.
    if (freeBytes !== undefined && freeBytes < totals.totalBytes) {
      return failed({ kind: 'no-space', neededBytes: totals.totalBytes, freeBytes })
    }
    const pack = crypto.randomUUID()
    const kept = await this.#packs.write(pack, files, {
      signal,
      batchBytes: this.#batchBytes,
      progress: (done, bytes) => report({ step: 'copy', files: done, bytes, ...totals }),
    })
    report({ step: 'save', files: totals.totalFiles, bytes: totals.totalBytes, ...totals })
    try {
      const size = { files: totals.totalFiles, bytes: totals.totalBytes }
      return await this.#put({ kind: 'copy', name, pack, size, addedMs: Date.now(), accepted: false }, kept)
    } catch (error) {
      await this.#packs.remove(pack)
      throw error
    }
  }

  async #put(folder: KeptFolder, files: readonly KeptFile[]): Promise<AddOutcome> {
    const before = await this.#database.put(folder, files)
    this.#changed()
    await this.#discard(before)
    return { kind: 'added', folder: shown(folder), replaced: before !== undefined }
  }

  async #discard(before: KeptFolder | undefined): Promise<void> {
    const pack = packOf(before)
    if (pack === undefined) return
    this.#openPacks.delete(pack)
    await this.#packs.remove(pack)
  }

  async #openPack(pack: string): Promise<File> {
    const open = this.#openPacks.get(pack) ?? (await this.#packs.open(pack))
    this.#openPacks.delete(pack)
    // The one that was used longest ago makes room.
    const [oldest] = this.#openPacks.keys()
    if (oldest !== undefined && this.#openPacks.size >= MAX_OPEN_PACKS) this.#openPacks.delete(oldest)
    this.#openPacks.set(pack, open)
    return open
  }

  #changed(): void {
    this.#channel?.postMessage('changed')
  }
}

/** Undefined where storage is forbidden: Firefox then forbids this too, and there is nothing to tell. */
function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(CHANNEL)
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return undefined
  }
}

/** What an error of the browser's storage means. */
export async function folderProblem(
  error: unknown,
  { neededBytes = 0, signal }: { neededBytes?: number; signal?: AbortSignal | undefined } = {},
): Promise<FolderProblem> {
  if (signal?.aborted === true) return { kind: 'aborted' }
  if (error instanceof UnreadableFile)
    return { kind: 'unreadable', path: error.path, why: String(error.cause) }
  const name = error instanceof Error || error instanceof DOMException ? error.name : ''
  switch (name) {
    case 'QuotaExceededError':
      return { kind: 'no-space', neededBytes, freeBytes: await freeStorage() }
    case 'NotReadableError':
    case 'NotFoundError':
      return { kind: 'unreadable', path: '', why: String(error) }
    case 'TypeError':
    case 'ReferenceError':
    case 'DataCloneError':
      return { kind: 'unsupported', what: 'origin private file system that can be written' }
    default:
      return { kind: 'storage-forbidden', why: String(error) }
  }
}

/** Bytes that the browser lets this origin store yet; undefined if it does not say. */
export async function freeStorage(): Promise<number | undefined> {
  try {
    const { quota, usage } = await navigator.storage.estimate()
    return quota === undefined ? undefined : Math.max(0, quota - (usage ?? 0))
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return undefined
  }
}

function failed(problem: FolderProblem): AddOutcome {
  return { kind: 'failed', problem }
}

function shown(kept: KeptFolder): Folder {
  const { name, kind, addedMs, accepted } = kept
  return { name, kind, addedMs, accepted, size: kept.kind === 'copy' ? kept.size : undefined }
}

function packOf(folder: KeptFolder | undefined): string | undefined {
  return folder?.kind === 'copy' ? folder.pack : undefined
}

function never(): AbortSignal {
  return new AbortController().signal
}

/** Calls back at most so often, and always when a step has come to its end. */
function throttled(progress: ((progress: AddProgress) => void) | undefined): (progress: AddProgress) => void {
  let nextMs = 0
  return (now) => {
    const done = now.step !== 'list' && now.files === now.totalFiles
    if (!done && performance.now() < nextMs) return
    nextMs = performance.now() + DEFAULT_PROGRESS_INTERVAL_MS
    progress?.(now)
  }
}
