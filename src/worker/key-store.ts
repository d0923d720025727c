import type { DamagedKey } from '../admin/index.ts'
import type { KeyStore } from '../relay/index.ts'
import { InvalidKeyError, NoStorageError } from '../relay/index.ts'
import { ONLY, withDatabase } from './database.ts'

/** The entry that holds the records set aside, latest first. */
const DAMAGED = 'damaged'
/** Records set aside. Each further one displaces the oldest. */
const MAX_DAMAGED = 8
/** Characters of such a record that pages can see; the longest key is shorter. */
const MAX_RECORD_LENGTH = 16_384

/** Stores the identity in the origin's IndexedDB, as base64 of the private key's libp2p protobuf. */
export interface IndexedDbKeyStore extends KeyStore {
  setAside(reason: string): Promise<void>
  /** Replaces the stored key. */
  replace(key: string): Promise<void>
  /** Returns the records that were set aside because they are not valid keys, latest first. */
  damaged(): Promise<DamagedKey[]>
  /** Deletes those records. */
  forgetDamaged(): Promise<void>
}

export function indexedDbKeyStore(): IndexedDbKeyStore {
  return {
    load: async () => {
      const stored = await orNoStorage(withDatabase((database) => database.get('identity', ONLY)))
      return stored === undefined ? undefined : textOf(stored)
    },
    save: async (key) =>
      textOf(
        await orNoStorage(
          withDatabase(async (database) => {
            // One transaction, so that if two contexts save at the same time, both get the same key.
            const transaction = database.transaction('identity', 'readwrite')
            const before = await transaction.store.get(ONLY)
            if (before === undefined) await transaction.store.put(key, ONLY)
            await transaction.done
            return before ?? key
          }),
        ),
      ),
    setAside: (reason) =>
      orNoStorage(
        withDatabase(async (database) => {
          const transaction = database.transaction('identity', 'readwrite')
          const { store } = transaction
          const record = await store.get(ONLY)
          const before = await store.get(DAMAGED)
          const all = [
            { atMs: Date.now(), reason, record },
            ...(Array.isArray(before) ? (before as unknown[]) : []),
          ]
          await store.put(all.slice(0, MAX_DAMAGED), DAMAGED)
          await store.delete(ONLY)
          await transaction.done
        }),
      ),
    replace: (key) =>
      withDatabase(async (database) => {
        await database.put('identity', key, ONLY)
      }),
    damaged: async () => readDamaged(await withDatabase((database) => database.get('identity', DAMAGED))),
    forgetDamaged: () => withDatabase((database) => database.delete('identity', DAMAGED)),
  }
}

/**
 * Converts IndexedDB's errors. It fails where storage is forbidden, full or broken, or was upgraded by a
 * newer build.
 */
async function orNoStorage<T>(access: Promise<T>): Promise<T> {
  try {
    return await access
  } catch (error) {
    throw new NoStorageError(`the browser does not store data for this site: ${String(error)}`, {
      cause: error,
    })
  }
}

function textOf(stored: unknown): string {
  if (typeof stored === 'string') return stored
  const what = stored === null ? 'null' : `of the type ${typeof stored}`
  throw new InvalidKeyError(`the stored key is not a string, but ${what}`)
}

/** Reads the records, skipping anything invalid: every page of the site can write to this store. */
function readDamaged(value: unknown): DamagedKey[] {
  return Array.isArray(value) ? value.slice(0, MAX_DAMAGED).flatMap((entry) => readEntry(entry) ?? []) : []
}

function readEntry(value: unknown): DamagedKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { atMs, reason, record } = value as Record<string, unknown>
  if (typeof atMs !== 'number' || typeof reason !== 'string') return undefined
  const text = typeof record === 'string' ? record : (jsonOf(record) ?? String(record))
  return { atMs, reason, record: text.slice(0, MAX_RECORD_LENGTH) }
}

/**
 * Returns undefined for a value that has no JSON, such as undefined itself, which the platform's type doesn't
 * say.
 */
function jsonOf(value: unknown): string | undefined {
  return JSON.stringify(value)
}
