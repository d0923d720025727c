import type { KeyStore } from '../relay/index.ts'
import { ONLY, withDatabase } from './database.ts'

/** The identity in the origin's IndexedDB, as base64 of the libp2p protobuf of the private key. */
export interface IndexedDbKeyStore extends KeyStore {
  /** Puts another key in the place of what is kept; undefined: none, so that a new one is made. */
  replace(key: string | undefined): Promise<void>
}

export function indexedDbKeyStore(): IndexedDbKeyStore {
  return {
    load: () => withDatabase((database) => database.get('identity', ONLY)),
    save: (key) =>
      withDatabase(async (database) => {
        // One transaction, so that of two that save at once one wins for both.
        const transaction = database.transaction('identity', 'readwrite')
        const kept = await transaction.store.get(ONLY)
        if (kept === undefined) await transaction.store.put(key, ONLY)
        await transaction.done
        return kept ?? key
      }),
    replace: (key) =>
      withDatabase(async (database) => {
        if (key === undefined) await database.delete('identity', ONLY)
        else await database.put('identity', key, ONLY)
      }),
  }
}
