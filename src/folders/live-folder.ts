import type { FindOutcome, FolderAccess } from './folder.ts'

/** What Chromium adds to a handle, and TypeScript's DOM library does not have. */
interface PermissionHandle {
  queryPermission?: (options: { mode: 'read' }) => Promise<PermissionState>
  requestPermission?: (options: { mode: 'read' }) => Promise<PermissionState>
}

/** May the folder be read now? */
export async function liveAccess(handle: FileSystemDirectoryHandle): Promise<FolderAccess> {
  const asked: PermissionHandle = handle as PermissionHandle
  return (await asked.queryPermission?.({ mode: 'read' })) ?? 'granted'
}

/** Lets the browser ask whether the folder may be read. To be called in a click; rejects with `SecurityError` elsewhere. */
export async function requestLiveAccess(handle: FileSystemDirectoryHandle): Promise<FolderAccess> {
  const asked: PermissionHandle = handle as PermissionHandle
  return (await asked.requestPermission?.({ mode: 'read' })) ?? 'granted'
}

/** What lies on disk at this path of a folder now: names with slashes between them, none of them special; '' is the folder. */
export async function findLive(handle: FileSystemDirectoryHandle, path: string): Promise<FindOutcome> {
  const access = await liveAccess(handle)
  if (access !== 'granted') return { kind: 'locked', access }
  try {
    let directory = handle
    const names = path === '' ? [] : path.split('/')
    const last = names.pop()
    for (const name of names) directory = await anyForm(name, (form) => directory.getDirectoryHandle(form))
    if (last === undefined) {
      // An empty path is a directory for sure only if it can still be read: it may have been moved away.
      await directory.keys().next()
      return { kind: 'directory' }
    }
    const content = await anyForm(last, async (form) => await (await directory.getFileHandle(form)).getFile())
    return { kind: 'file', content, modifiedMs: content.lastModified }
  } catch (error) {
    return failure(error)
  }
}

/** A link may be written é where the disk has e and an accent: both are tried. */
async function anyForm<T>(name: string, get: (form: string) => Promise<T>): Promise<T> {
  try {
    return await get(name)
  } catch (error) {
    const other = name.normalize('NFD')
    if (other === name || !isNamed(error, 'NotFoundError')) throw error
    return await get(other)
  }
}

function failure(error: unknown): FindOutcome {
  if (isNamed(error, 'NotAllowedError') || isNamed(error, 'SecurityError')) {
    return { kind: 'locked', access: 'prompt' }
  }
  if (isNamed(error, 'TypeMismatchError')) return { kind: 'directory' }
  if (isNamed(error, 'NotFoundError')) return { kind: 'absent' }
  // Chromium, everywhere, for names that some system cannot have.
  if (error instanceof TypeError) return { kind: 'forbidden-name' }
  return { kind: 'unreadable', why: String(error) }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name
}
