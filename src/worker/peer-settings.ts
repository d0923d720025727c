import type { PeerSettings } from '../admin/index.ts'
import { emptySettings } from '../admin/index.ts'
import type { Log, NetworkConfig } from '../relay/index.ts'
import { parseNetworkConfig } from '../relay/index.ts'
import { ONLY, withDatabase } from './database.ts'

/** What the user has set, in the origin's IndexedDB. Where storage is forbidden nothing is set, and that is said once. */
export class SettingsStore {
  readonly #log: Log
  #hasSaid = false

  constructor(log: Log) {
    this.#log = log
  }

  /** Does not reject: what cannot be read, or used, is left out. */
  async load(): Promise<PeerSettings> {
    try {
      const kept = await withDatabase((database) => database.get('settings', ONLY))
      return kept === undefined ? emptySettings() : readSettings(kept).settings
    } catch (error) {
      if (!this.#hasSaid) this.#log('warn', `the settings cannot be read: ${String(error)}`)
      this.#hasSaid = true
      return emptySettings()
    }
  }

  /** Rejects in words for the user: an entry that is none, or storage that is full or forbidden. */
  async save(value: PeerSettings): Promise<void> {
    const { settings, problems } = readSettings(value)
    if (problems.length > 0) throw new Error(problems.join('; '))
    await withDatabase((database) => database.put('settings', settings, ONLY))
  }
}

/** What `/network.json` and the user say together, the user's first. */
export function mergeNetwork(offered: NetworkConfig, settings: PeerSettings): NetworkConfig {
  const { noPeers } = settings
  const both = (own: string[], theirs: string[]): string[] => [...new Set([...own, ...theirs])]
  return {
    reservations: offered.reservations,
    relays: both(settings.relays, offered.relays),
    bootstrap: both(settings.bootstrap, noPeers ? [] : offered.bootstrap),
    delegatedRouting: both(settings.delegatedRouting, noPeers ? [] : offered.delegatedRouting),
    iceServers: [...settings.iceServers, ...(noPeers ? [] : offered.iceServers)],
  }
}

function readSettings(value: unknown): { settings: PeerSettings; problems: string[] } {
  const {
    network: { reservations: _, ...network },
    problems,
  } = parseNetworkConfig(value)
  const noPeers = typeof value === 'object' && value !== null && 'noPeers' in value && value.noPeers === true
  return { settings: { ...network, noPeers }, problems }
}
