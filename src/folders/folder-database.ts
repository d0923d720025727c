import type { DBSchema, IDBPDatabase, IDBPTransaction } from 'idb'
import { openDB } from 'idb'
import type { FolderSize } from './folder.ts'

/** The database in which folders are listed. */
export const DATABASE_NAME = 'libp2p-websocket-folders'
const VERSION = 1

interface KeptBase {
  name: string
  addedMs: number
  accepted: boolean
}

/** A folder as it is kept. */
export type KeptFolder =
  | (KeptBase & { kind: 'live'; handle: FileSystemDirectoryHandle })
  /** `pack` names the file that holds all of its content, one file behind the other. */
  | (KeptBase & { kind: 'copy'; pack: string; size: FolderSize })

/** Where in its pack a file lies. */
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

/** The list of folders, and of the files in those that were copied. */
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

  /** Whether a file of the pack lies below this directory. */
  async hasDirectory(pack: string, path: string): Promise<boolean> {
    // `0` is the character after the slash.
    const below = IDBKeyRange.bound([pack, `${path}/`], [pack, `${path}0`], true, true)
    return (await (await this.#database()).getKey('files', below)) !== undefined
  }

  /** Puts a folder and its files in place of the one of that name, wholly or not at all; gives what was there. */
  async put(folder: KeptFolder, files: readonly KeptFile[]): Promise<KeptFolder | undefined> {
    const transaction = (await this.#database()).transaction(['folders', 'files'], 'readwrite')
    const before = await transaction.objectStore('folders').get(folder.name)
    const written = [
      transaction.objectStore('folders').put(folder),
      forget(transaction, before),
      ...files.map((file) => transaction.objectStore('files').put(file)),
    ]
    // All are awaited, as each of them rejects if the transaction is aborted.
    await Promise.all([...written, transaction.done])
    return before
  }

  /** Lets the pages of the folder be opened. */
  async accept(name: string): Promise<void> {
    const transaction = (await this.#database()).transaction('folders', 'readwrite')
    const folder = await transaction.store.get(name)
    if (folder !== undefined) await transaction.store.put({ ...folder, accepted: true })
    await transaction.done
  }

  /** Forgets a folder, and gives what it was. */
  async remove(name: string): Promise<KeptFolder | undefined> {
    const transaction = (await this.#database()).transaction(['folders', 'files'], 'readwrite')
    const before = await transaction.objectStore('folders').get(name)
    await Promise.all([
      transaction.objectStore('folders').delete(name),
      forget(transaction, before),
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
      // Another tab deletes it, to forget everything: it is opened anew when it is next asked for.
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

async function forget(transaction: Writing, folder: KeptFolder | undefined): Promise<void> {
  if (folder?.kind !== 'copy') return
  await transaction.objectStore('files').delete(IDBKeyRange.bound([folder.pack], [folder.pack, []]))
}
