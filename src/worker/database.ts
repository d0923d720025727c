import type { DBSchema, IDBPDatabase } from 'idb'
import { deleteDB, openDB } from 'idb'

/** The IndexedDB database of everything that must outlive the worker. */
export const DATABASE_NAME = 'libp2p-websocket'
const VERSION = 3

interface Schema extends DBSchema {
  /**
   * The private key as base64 of its libp2p protobuf, and records set aside because they are invalid
   * (`key-store.ts`).
   */
  identity: { key: string; value: unknown }
  /** The user's settings (`peer-settings.ts`). */
  settings: { key: string; value: unknown }
  /** The circuit relays that have granted reservations, latest first (`relay-store.ts`). */
  relays: { key: string; value: unknown }
}

/** The key of a store's only entry. */
export const ONLY = 'default'

/**
 * Opens the database, calls `use` and closes it again, so that it never blocks a deletion or an upgrade.
 * Rejects where storage is forbidden.
 */
export async function withDatabase<T>(
  use: (database: IDBPDatabase<Schema>) => Promise<T>,
  name = DATABASE_NAME,
): Promise<T> {
  const database = await openDB<Schema>(name, VERSION, {
    upgrade: (database) => {
      for (const store of ['identity', 'settings', 'relays'] as const) {
        if (!database.objectStoreNames.contains(store)) database.createObjectStore(store)
      }
    },
  })
  try {
    return await use(database)
  } finally {
    database.close()
  }
}

/** Deletes the database. */
export async function deleteDatabase(name = DATABASE_NAME): Promise<void> {
  await deleteDB(name)
}
