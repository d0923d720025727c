import { copyFiles } from './copy-files.ts'
import type { KeptFile, KeptFolder } from './folder-database.ts'
import { FolderDatabase } from './folder-database.ts'
import { folderName } from './folder-path.ts'
import { folderProblem } from './folder-problem.ts'
import type {
  AddOutcome,
  AddProgress,
  FindOutcome,
  Folder,
  FolderAccess,
  FolderProblem,
  FolderSource,
} from './folder.ts'
import { findLive, liveAccess, requestLiveAccess } from './live-folder.ts'
import { DEFAULT_BATCH_BYTES, Packs } from './pack.ts'

/** The most folders. */
export const DEFAULT_MAX_FOLDERS = 100
/** Files of one copied folder. */
export const DEFAULT_MAX_FILES = 100_000
/** The Web Lock that serializes additions and removals of all tabs. */
const LOCK = 'libp2p-websocket:folders'
const CHANNEL = 'libp2p-websocket:folders'

/** Bounds that differ from the defaults, for tests. */
export interface FolderStoreInit {
  maxFolders?: number
  maxFiles?: number
  batchBytes?: number
}

/** Options of {@link FolderStore.add}. */
export interface AddOptions {
  /** Called at most every `DEFAULT_PROGRESS_INTERVAL_MS`, and once at the end of each step. */
  progress?: (progress: AddProgress) => void
  /** Stops the addition and removes what was copied. */
  signal?: AbortSignal
}

/**
 * The folders stored in this browser. The pages that manage them and the service worker that serves them see
 * the same ones.
 *
 * Where the browser forbids storage, every method except {@link add} rejects; `folderProblem` explains the
 * error.
 */
export class FolderStore {
  readonly #database = new FolderDatabase()
  readonly #packs = new Packs()
  readonly #channel = openChannel()
  readonly #maxFolders: number
  readonly #maxFiles: number
  readonly #batchBytes: number

  constructor(init: FolderStoreInit = {}) {
    this.#maxFolders = init.maxFolders ?? DEFAULT_MAX_FOLDERS
    this.#maxFiles = init.maxFiles ?? DEFAULT_MAX_FILES
    this.#batchBytes = init.batchBytes ?? DEFAULT_BATCH_BYTES
  }

  /** Lists all folders in the order of their names. */
  async list(): Promise<Folder[]> {
    return (await this.#database.folders()).map(publicView)
  }

  async get(name: string): Promise<Folder | undefined> {
    const kept = await this.#database.folder(name)
    return kept === undefined ? undefined : publicView(kept)
  }

  /**
   * Adds a folder, replacing the one with the same name. The folder is added completely or not at all, and
   * the old one stays until then. The user must accept its pages again.
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
        return await this.#copy(source, name, needed, options)
      })
    } catch (error) {
      return failed(await folderProblem(error, { neededBytes: needed.bytes, signal: options.signal }))
    }
  }

  /** Removes a folder and its copy. Does nothing if there is no such folder. */
  async remove(name: string): Promise<void> {
    await navigator.locks.request(LOCK, async () => {
      const before = await this.#database.remove(name)
      this.#changed()
      await this.#discard(before)
    })
  }

  /** Allows the folder's pages to be opened, after the user has read what they may do. */
  async accept(name: string): Promise<void> {
    await this.#database.accept(name)
    this.#changed()
  }

  /** Resolves to whether the folder may be read now; `denied` if there is no folder of this name. */
  async access(name: string): Promise<FolderAccess> {
    const kept = await this.#database.folder(name)
    if (kept === undefined) return 'denied'
    return kept.kind === 'live' ? await liveAccess(kept.handle) : 'granted'
  }

  /** Lets the browser ask the user for access to the folder. Call it in the handler of a click. */
  async requestAccess(name: string): Promise<FolderAccess> {
    const kept = await this.#database.folder(name)
    if (kept === undefined) return 'denied'
    const access = kept.kind === 'live' ? await requestLiveAccess(kept.handle) : 'granted'
    this.#changed()
    return access
  }

  /** Resolves to what is at a path of a folder, as returned by `readFolderUrl`. */
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
      const pack = await this.#packs.open(kept.pack)
      return {
        kind: 'file',
        content: pack.slice(file.start, file.start + file.size),
        modifiedMs: file.modifiedMs,
      }
    } catch (error) {
      return { kind: 'unreadable', why: String(error) }
    }
  }

  /** Calls `changed` after each change by this or another tab. */
  watch(changed: () => void, signal: AbortSignal): void {
    const channel = openChannel()
    channel?.addEventListener('message', changed, { signal })
    signal.addEventListener('abort', () => channel?.close(), { once: true })
  }

  /** Closes the database. */
  close(): void {
    this.#database.close()
    this.#channel?.close()
    this.#packs.close()
  }

  async #copy(
    source: Extract<FolderSource, { kind: 'copy' }>,
    name: string,
    needed: { bytes: number },
    { progress, signal }: AddOptions,
  ): Promise<AddOutcome> {
    const copy = await copyFiles(source.files, {
      packs: this.#packs,
      folder: name,
      maxFiles: this.#maxFiles,
      batchBytes: this.#batchBytes,
      listed: (bytes) => {
        needed.bytes = bytes
      },
      progress,
      signal,
    })
    if (copy.kind === 'failed') return copy
    const { pack, files, size } = copy
    try {
      return await this.#put({ kind: 'copy', name, pack, size, addedMs: Date.now(), accepted: false }, files)
    } catch (error) {
      await this.#packs.remove(pack)
      throw error
    }
  }

  async #put(folder: KeptFolder, files: readonly KeptFile[]): Promise<AddOutcome> {
    const before = await this.#database.put(folder, files)
    this.#changed()
    await this.#discard(before)
    return { kind: 'added', folder: publicView(folder), replaced: before !== undefined }
  }

  async #discard(before: KeptFolder | undefined): Promise<void> {
    const pack = packOf(before)
    if (pack === undefined) return
    await this.#packs.remove(pack)
  }

  #changed(): void {
    this.#channel?.postMessage('changed')
  }
}

/**
 * Returns undefined where storage is forbidden: Firefox then forbids channels too, and nothing can change.
 */
function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(CHANNEL)
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return undefined
  }
}

function failed(problem: FolderProblem): AddOutcome {
  return { kind: 'failed', problem }
}

function publicView(kept: KeptFolder): Folder {
  const { name, kind, addedMs, accepted } = kept
  return { name, kind, addedMs, accepted, size: kept.kind === 'copy' ? kept.size : undefined }
}

function packOf(folder: KeptFolder | undefined): string | undefined {
  return folder?.kind === 'copy' ? folder.pack : undefined
}

function never(): AbortSignal {
  return new AbortController().signal
}
