import type { KeptCircuitRelay, CircuitRelayStore } from '../relay/index.ts'
import { MAX_KEPT_CIRCUIT_RELAYS } from '../relay/index.ts'
import { ONLY, withDatabase } from './database.ts'

/** Stores the circuit relays that have granted this browser reservations, in the origin's IndexedDB. */
export function indexedDbCircuitRelayStore(): CircuitRelayStore {
  return {
    load: async () => readKept(await withDatabase((database) => database.get('relays', ONLY))),
    save: (relays) => withDatabase(async (database) => void (await database.put('relays', relays, ONLY))),
  }
}

/** Reads what another build may have stored. Invalid entries are skipped. */
function readKept(value: unknown): KeptCircuitRelay[] {
  return Array.isArray(value) ? value.filter(isKeptCircuitRelay).slice(0, MAX_KEPT_CIRCUIT_RELAYS) : []
}

function isKeptCircuitRelay(value: unknown): value is KeptCircuitRelay {
  if (typeof value !== 'object' || value === null) return false
  const { addresses, servedMs } = value as Record<string, unknown>
  return (
    typeof servedMs === 'number' &&
    Array.isArray(addresses) &&
    addresses.length > 0 &&
    addresses.every((address) => typeof address === 'string')
  )
}
