import type { DamagedKey } from '../admin/index.ts'
import type { KeyStore } from '../relay/index.ts'
import { InvalidKeyError, NoStorageError } from '../relay/index.ts'
import { ONLY, withDatabase } from './database.ts'

/** The entry of the identity's store that holds records which were set aside, the latest first. */
const DAMAGED = 'damaged'
/** Records that are set aside at once: the oldest goes. */
const MAX_DAMAGED = 8
/** Characters of such a record that pages are told: more than the longest key has. */
const MAX_RECORD_LENGTH = 16_384

/** The identity in the origin's IndexedDB, as base64 of the libp2p protobuf of the private key. */
export interface IndexedDbKeyStore extends KeyStore {
  setAside(reason: string): Promise<void>
  /** Puts another key in the place of what is kept. */
  replace(key: string): Promise<void>
  /** What was set aside, the latest first. */
  damaged(): Promise<DamagedKey[]>
  /** Deletes what was set aside. */
  forgetDamaged(): Promise<void>
}

export function indexedDbKeyStore(): IndexedDbKeyStore {
  return {
    load: async () => {
      const stored = await kept(withDatabase((database) => database.get('identity', ONLY)))
      return stored === undefined ? undefined : textOf(stored)
    },
    save: async (key) =>
      textOf(
        await kept(
          withDatabase(async (database) => {
            // One transaction, so that of two that save at once one wins for both.
            const transaction = database.transaction('identity', 'readwrite')
            const before = await transaction.store.get(ONLY)
            if (before === undefined) await transaction.store.put(key, ONLY)
            await transaction.done
            return before ?? key
          }),
        ),
      ),
    setAside: (reason) =>
      kept(
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

/** IndexedDB fails where storage is forbidden, full, broken, or of a newer build. */
async function kept<T>(access: Promise<T>): Promise<T> {
  try {
    return await access
  } catch (error) {
    throw new NoStorageError(`the browser keeps nothing for this site: ${String(error)}`, { cause: error })
  }
}

function textOf(stored: unknown): string {
  if (typeof stored === 'string') return stored
  const what = stored === null ? 'null' : `of the type ${typeof stored}`
  throw new InvalidKeyError(`the stored key is not text, but ${what}`)
}

/** Any page of the site can write into this store: what is no list of records is passed over. */
function readDamaged(value: unknown): DamagedKey[] {
  return Array.isArray(value) ? value.slice(0, MAX_DAMAGED).flatMap((entry) => readEntry(entry) ?? []) : []
}

function readEntry(value: unknown): DamagedKey | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { atMs, reason, record } = value as Record<string, unknown>
  if (typeof atMs !== 'number' || typeof reason !== 'string') return undefined
  const text = typeof record === 'string' ? record : (JSON.stringify(record) ?? String(record))
  return { atMs, reason, record: text.slice(0, MAX_RECORD_LENGTH) }
}
