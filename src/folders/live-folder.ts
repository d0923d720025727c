import type { FindOutcome, FolderAccess } from './folder.ts'

/** Methods that Chromium adds to a handle, and TypeScript's DOM library lacks. */
interface PermissionHandle {
  queryPermission?: (options: { mode: 'read' }) => Promise<PermissionState>
  requestPermission?: (options: { mode: 'read' }) => Promise<PermissionState>
}

/** Resolves to whether the folder may be read now. */
export async function liveAccess(handle: FileSystemDirectoryHandle): Promise<FolderAccess> {
  const asked: PermissionHandle = handle as PermissionHandle
  return (await asked.queryPermission?.({ mode: 'read' })) ?? 'granted'
}

/** Lets the browser ask for access to the folder. Rejects with `SecurityError` outside of a click. */
export async function requestLiveAccess(handle: FileSystemDirectoryHandle): Promise<FolderAccess> {
  const asked: PermissionHandle = handle as PermissionHandle
  return (await asked.requestPermission?.({ mode: 'read' })) ?? 'granted'
}

/** Resolves to what is on disk at a path as in `FolderPath`; `''` is the folder itself. */
export async function findLive(handle: FileSystemDirectoryHandle, path: string): Promise<FindOutcome> {
  const access = await liveAccess(handle)
  if (access !== 'granted') return { kind: 'locked', access }
  try {
    let directory = handle
    const names = path === '' ? [] : path.split('/')
    const last = names.pop()
    for (const name of names) directory = await anyForm(name, (form) => directory.getDirectoryHandle(form))
    if (last === undefined) {
      // Reading it shows whether the folder still exists: it may have been moved.
      await directory.keys().next()
      return { kind: 'directory' }
    }
    const content = await anyForm(last, async (form) => await (await directory.getFileHandle(form)).getFile())
    return { kind: 'file', content, modifiedMs: content.lastModified }
  } catch (error) {
    return failure(error)
  }
}

/** Tries both Unicode forms of a name: a link may have é where the disk has e and a combining accent. */
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
  // Chromium throws this on every system for names that are invalid on some system.
  if (error instanceof TypeError) return { kind: 'forbidden-name' }
  return { kind: 'unreadable', why: String(error) }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name
}
