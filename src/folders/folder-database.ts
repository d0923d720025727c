import type { DBSchema, IDBPDatabase, IDBPTransaction } from 'idb'
import { openDB } from 'idb'
import type { FolderSize } from './folder.ts'

/** The IndexedDB database of folders and of the files in copied ones. */
export const DATABASE_NAME = 'libp2p-websocket-folders'
const VERSION = 1

interface KeptBase {
  name: string
  addedMs: number
  accepted: boolean
}

/** A folder as it is stored. */
export type KeptFolder =
  | (KeptBase & { kind: 'live'; handle: FileSystemDirectoryHandle })
  /** `pack` names the file that contains all files of the folder, one after another. */
  | (KeptBase & { kind: 'copy'; pack: string; size: FolderSize })

/** The position of a file in its pack. */
export interface KeptFile {
  pack: string
  path: string
  start: number
  size: number
  modifiedMs: number
}

interface Schema extends DBSchema {
  folders: { key: string; value: KeptFolder }
  files: { key: [pack: string, path: string]; value: KeptFile }
}

/** Stores the list of folders, and the list of files in copied ones. */
export class FolderDatabase {
  readonly #name: string
  #open: Promise<IDBPDatabase<Schema>> | undefined

  constructor(name = DATABASE_NAME) {
    this.#name = name
  }

  async folders(): Promise<KeptFolder[]> {
    return await (await this.#database()).getAll('folders')
  }

  async folder(name: string): Promise<KeptFolder | undefined> {
    return await (await this.#database()).get('folders', name)
  }

  async file(pack: string, path: string): Promise<KeptFile | undefined> {
    return await (await this.#database()).get('files', [pack, path])
  }

  /** Resolves to whether the pack contains a file below this directory. */
  async hasDirectory(pack: string, path: string): Promise<boolean> {
    // `0` is the character after `/`.
    const below = IDBKeyRange.bound([pack, `${path}/`], [pack, `${path}0`], true, true)
    return (await (await this.#database()).getKey('files', below)) !== undefined
  }

  /**
   * Stores a folder and its files in one transaction, and resolves to the folder of that name it replaces.
   */
  async put(folder: KeptFolder, files: readonly KeptFile[]): Promise<KeptFolder | undefined> {
    const transaction = (await this.#database()).transaction(['folders', 'files'], 'readwrite')
    const before = await transaction.objectStore('folders').get(folder.name)
    const written = [
      transaction.objectStore('folders').put(folder),
      deleteFiles(transaction, before),
      ...files.map((file) => transaction.objectStore('files').put(file)),
    ]
    // All are awaited, because each of them rejects if the transaction is aborted.
    await Promise.all([...written, transaction.done])
    return before
  }

  /** Marks the folder as accepted by the user. */
  async accept(name: string): Promise<void> {
    const transaction = (await this.#database()).transaction('folders', 'readwrite')
    const folder = await transaction.store.get(name)
    if (folder !== undefined) await transaction.store.put({ ...folder, accepted: true })
    await transaction.done
  }

  /** Removes a folder and resolves to it. */
  async remove(name: string): Promise<KeptFolder | undefined> {
    const transaction = (await this.#database()).transaction(['folders', 'files'], 'readwrite')
    const before = await transaction.objectStore('folders').get(name)
    await Promise.all([
      transaction.objectStore('folders').delete(name),
      deleteFiles(transaction, before),
      transaction.done,
    ])
    return before
  }

  close(): void {
    void this.#open?.then(
      (database) => database.close(),
      (error: unknown) => console.debug('libp2p-websocket:', error),
    )
    this.#open = undefined
  }

  #database(): Promise<IDBPDatabase<Schema>> {
    this.#open ??= openDB<Schema>(this.#name, VERSION, {
      upgrade(database) {
        database.createObjectStore('folders', { keyPath: 'name' })
        database.createObjectStore('files', { keyPath: ['pack', 'path'] })
      },
      // Another tab is deleting the database. It is opened again when it is next needed.
      blocking: () => this.close(),
      terminated: () => {
        this.#open = undefined
      },
    }).catch((error: unknown) => {
      this.#open = undefined
      throw error
    })
    return this.#open
  }
}

type Writing = IDBPTransaction<Schema, ['folders', 'files'], 'readwrite'>

async function deleteFiles(transaction: Writing, folder: KeptFolder | undefined): Promise<void> {
  if (folder?.kind !== 'copy') return
  await transaction.objectStore('files').delete(IDBKeyRange.bound([folder.pack], [folder.pack, []]))
}
