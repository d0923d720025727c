import type { FolderSource, SourceFile } from './folder.ts'
import { isHidden } from './folder-path.ts'

// Missing in TypeScript's DOM library, and in Firefox and Safari.
interface DirectoryPicker {
  showDirectoryPicker?: (options: { id: string; mode: 'read' }) => Promise<FileSystemDirectoryHandle>
}
interface HandleItem {
  getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>
}

/** The result of {@link foldersOfDrop}. */
export interface DroppedFolders {
  folders: FolderSource[]
  /** Names of dropped items that are not folders. */
  strays: string[]
}

/**
 * Returns whether this browser can read folders live from disk. If not, use `<input type="file"
 * webkitdirectory>`.
 */
export function canPickFolder(): boolean {
  return 'showDirectoryPicker' in globalThis
}

/**
 * Lets the user pick a folder that is then read live from disk. Call it in the handler of a click.
 *
 * Resolves to undefined if the user cancels. Rejects with `SecurityError` outside of a click, and with
 * `NotSupportedError` where {@link canPickFolder} returns false.
 */
export async function pickFolder(): Promise<FolderSource | undefined> {
  const scope: DirectoryPicker = globalThis as DirectoryPicker
  if (scope.showDirectoryPicker === undefined) {
    throw new DOMException('This browser has no picker for folders.', 'NotSupportedError')
  }
  try {
    const handle = await scope.showDirectoryPicker({ id: 'libp2p-websocket', mode: 'read' })
    return { kind: 'live', name: handle.name, handle }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined
    throw error
  }
}

/** Returns the folder chosen in an `<input type="file" webkitdirectory>`; undefined if it has no files. */
export function folderOfInput(files: Iterable<File>): FolderSource | undefined {
  const list = [...files]
  const name = list[0]?.webkitRelativePath.split('/')[0]
  if (name === undefined || name === '') return undefined
  async function* sources(): AsyncGenerator<SourceFile> {
    for (const file of list) {
      yield { path: file.webkitRelativePath.slice(file.webkitRelativePath.indexOf('/') + 1), file }
    }
  }
  return { kind: 'copy', name, files: sources() }
}

/**
 * Resolves to the folders of a `drop` event. Call it in the event handler before awaiting anything, because
 * the browser empties the `DataTransfer` afterwards.
 */
export async function foldersOfDrop(data: DataTransfer): Promise<DroppedFolders> {
  const asked = [...data.items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => {
      const { getAsFileSystemHandle }: HandleItem = item as HandleItem
      return { handle: getAsFileSystemHandle?.call(item), entry: item.webkitGetAsEntry() }
    })
  const dropped: DroppedFolders = { folders: [], strays: [] }
  for (const { handle, entry } of asked) {
    const found = await handleOrNull(handle)
    if (found instanceof FileSystemDirectoryHandle) {
      dropped.folders.push({ kind: 'live', name: found.name, handle: found })
    } else if (entry !== null && isDirectory(entry)) {
      dropped.folders.push({ kind: 'copy', name: entry.name, files: filesBelow(entry, '') })
    } else {
      dropped.strays.push(found?.name ?? entry?.name ?? '')
    }
  }
  return dropped
}

// Where there is no handle there is an entry, from which the folder is copied.
async function handleOrNull(
  handle: Promise<FileSystemHandle | null> | undefined,
): Promise<FileSystemHandle | null> {
  try {
    return (await handle) ?? null
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return null
  }
}

async function* filesBelow(directory: FileSystemDirectoryEntry, path: string): AsyncGenerator<SourceFile> {
  const reader = directory.createReader()
  for (;;) {
    // Entries come in batches (of 100 in Chromium), and an empty batch is the end.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject)
    })
    if (entries.length === 0) return
    for (const entry of entries) {
      // Skipped here already, because a `.git` can contain thousands of files.
      if (isHidden(entry.name, path === '' ? 0 : 1)) continue
      if (isDirectory(entry)) yield* filesBelow(entry, `${path}${entry.name}/`)
      else if (isFile(entry)) {
        const file = await new Promise<File>((resolve, reject) => {
          entry.file(resolve, reject)
        })
        yield { path: `${path}${entry.name}`, file }
      }
    }
  }
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile
}
