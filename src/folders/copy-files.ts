import type { KeptFile } from './folder-database.ts'
import { filePath } from './folder-path.ts'
import { freeStorage } from './folder-problem.ts'
import type { AddProgress, FolderProblem, FolderSize, SourceFile } from './folder.ts'
import type { Packs } from './pack.ts'

/** Milliseconds between two calls of `progress`. */
export const DEFAULT_PROGRESS_INTERVAL_MS = 250

/** What {@link copyFiles} works with. */
export interface CopyInit {
  packs: Packs
  /** The folder's name, for the problem of an empty folder. */
  folder: string
  maxFiles: number
  batchBytes: number
  /** Called with the bytes found so far while the files are being listed. */
  listed: (bytes: number) => void
  /** Called at most every {@link DEFAULT_PROGRESS_INTERVAL_MS}, and once at the end of each step. */
  progress: ((progress: AddProgress) => void) | undefined
  /** Stops the copy and removes what was written. */
  signal: AbortSignal | undefined
}

/** The outcome of {@link copyFiles}: a new pack that no folder has yet, or why there is none. */
export type CopyOutcome =
  | { kind: 'copied'; pack: string; files: KeptFile[]; size: FolderSize }
  | { kind: 'failed'; problem: FolderProblem }

/**
 * Lists the files of a folder and copies them into a new pack. Rejects as `Packs.write` does, leaving nothing
 * behind.
 */
export async function copyFiles(sources: AsyncIterable<SourceFile>, init: CopyInit): Promise<CopyOutcome> {
  const { packs, folder, maxFiles, batchBytes, listed, signal } = init
  const report = throttled(init.progress)
  const byPath = new Map<string, SourceFile>()
  let listedBytes = 0
  for await (const source of sources) {
    signal?.throwIfAborted()
    const path = filePath(source.path)
    if (path === undefined) continue
    if (byPath.size >= maxFiles) return failed({ kind: 'too-many-files', maxFiles })
    byPath.set(path, { path, file: source.file })
    listedBytes += source.file.size
    listed(listedBytes)
    report({ step: 'list', files: byPath.size, bytes: listedBytes, totalFiles: 0, totalBytes: 0 })
  }
  const files = [...byPath.values()]
  if (files.length === 0) return failed({ kind: 'empty', name: folder })
  const size = { files: files.length, bytes: files.reduce((sum, { file }) => sum + file.size, 0) }
  const totals = { totalFiles: size.files, totalBytes: size.bytes }
  // Checked in advance, so that a copy that can't fit fails before most of it has been written.
  const freeBytes = await freeStorage()
  if (freeBytes !== undefined && freeBytes < size.bytes) {
    return failed({ kind: 'no-space', neededBytes: size.bytes, freeBytes })
  }
  const pack = crypto.randomUUID()
  const kept = await packs.write(pack, files, {
    signal,
    batchBytes,
    progress: (done, bytes) => report({ step: 'copy', files: done, bytes, ...totals }),
  })
  report({ step: 'save', ...size, ...totals })
  return { kind: 'copied', pack, files: kept, size }
}

function failed(problem: FolderProblem): CopyOutcome {
  return { kind: 'failed', problem }
}

/** Limits calls to one per {@link DEFAULT_PROGRESS_INTERVAL_MS}, but always passes on the end of a step. */
function throttled(progress: ((progress: AddProgress) => void) | undefined): (progress: AddProgress) => void {
  let nextMs = 0
  return (now) => {
    const done = now.step !== 'list' && now.files === now.totalFiles
    if (!done && performance.now() < nextMs) return
    nextMs = performance.now() + DEFAULT_PROGRESS_INTERVAL_MS
    progress?.(now)
  }
}
