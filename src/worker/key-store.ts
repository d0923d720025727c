import type { DBSchema } from 'idb'
import { openDB } from 'idb'
import type { KeyStore } from '../relay/index.ts'

interface Schema extends DBSchema {
  identity: { key: string; value: string }
}

const ONLY = 'default'

/** The identity in the origin's IndexedDB, as base64 of the libp2p protobuf of the private key. */
export function indexedDbKeyStore(databaseName = 'libp2p-websocket'): KeyStore {
  const open = () =>
    openDB<Schema>(databaseName, 1, {
      upgrade: (database) => {
        database.createObjectStore('identity')
      },
    })
  return {
    async load() {
      const database = await open()
      try {
        return await database.get('identity', ONLY)
      } finally {
        database.close()
      }
    },
    async save(key) {
      const database = await open()
      try {
        // One transaction, so that of two that save at once one wins for both.
        const transaction = database.transaction('identity', 'readwrite')
        const kept = await transaction.store.get(ONLY)
        if (kept === undefined) await transaction.store.put(key, ONLY)
        await transaction.done
        return kept ?? key
      } finally {
        database.close()
      }
    },
  }
}
