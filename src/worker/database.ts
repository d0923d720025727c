import type { DBSchema, IDBPDatabase } from 'idb'
import { deleteDB, openDB } from 'idb'

/** The database of the origin in which the worker keeps what outlives it. */
export const DATABASE_NAME = 'libp2p-websocket'
const VERSION = 3

interface Schema extends DBSchema {
  /** Base64 of the libp2p protobuf of the private key; and records that are none, as `key-store.ts` reads them. */
  identity: { key: string; value: unknown }
  /** What the user has set, as `readSettings` reads it. */
  settings: { key: string; value: unknown }
  /** The relays that have served, the latest first. */
  relays: { key: string; value: unknown }
}

/** The one entry that a store has. */
export const ONLY = 'default'

/** Opens the database, does one thing with it and closes it, so that it is in nobody's way. Rejects where storage is forbidden. */
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

/** Deletes all of it. */
export async function deleteDatabase(name = DATABASE_NAME): Promise<void> {
  await deleteDB(name)
}
