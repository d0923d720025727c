import type { FolderProblem } from './folder.ts'
import { UnreadableFile } from './pack.ts'

/** What is known about an operation that failed. */
export interface FailedOperation {
  /** Bytes that the operation had to store; default 0. */
  neededBytes?: number
  /** The signal of the operation. */
  signal?: AbortSignal | undefined
}

/** Returns what an error of the browser's storage means for the user. */
export async function folderProblem(
  error: unknown,
  { neededBytes = 0, signal }: FailedOperation = {},
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
      return { kind: 'unsupported', what: 'writable origin private file system' }
    default:
      return { kind: 'storage-forbidden', why: String(error) }
  }
}

/** Resolves to the bytes that this origin may still store; undefined if the browser doesn't say. */
export async function freeStorage(): Promise<number | undefined> {
  try {
    const { quota, usage } = await navigator.storage.estimate()
    return quota === undefined ? undefined : Math.max(0, quota - (usage ?? 0))
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return undefined
  }
}
