import type { KeyStore } from '../relay/index.ts'
import { NoStorageError } from '../relay/index.ts'
import { ONLY, withDatabase } from './database.ts'

/** The identity in the origin's IndexedDB, as base64 of the libp2p protobuf of the private key. */
export interface IndexedDbKeyStore extends KeyStore {
  /** Puts another key in the place of what is kept. */
  replace(key: string): Promise<void>
}

export function indexedDbKeyStore(): IndexedDbKeyStore {
  return {
    load: () => kept(withDatabase((database) => database.get('identity', ONLY))),
    save: (key) =>
      kept(
        withDatabase(async (database) => {
          // One transaction, so that of two that save at once one wins for both.
          const transaction = database.transaction('identity', 'readwrite')
          const before = await transaction.store.get(ONLY)
          if (before === undefined) await transaction.store.put(key, ONLY)
          await transaction.done
          return before ?? key
        }),
      ),
    replace: (key) =>
      withDatabase(async (database) => {
        await database.put('identity', key, ONLY)
      }),
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
