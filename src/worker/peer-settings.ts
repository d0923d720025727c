import type { PeerSettings } from '../admin/index.ts'
import { InvalidSettingsError, emptySettings } from '../admin/index.ts'
import type { Log, NetworkConfig } from '../relay/index.ts'
import { parseNetworkConfig } from '../relay/index.ts'
import { ONLY, withDatabase } from './database.ts'

/**
 * Stores the user's settings in the origin's IndexedDB. Where storage is forbidden they are empty, and one
 * warning is logged.
 */
export class SettingsStore {
  readonly #log: Log
  #hasWarned = false

  constructor(log: Log) {
    this.#log = log
  }

  /** Loads the settings, without the entries that are invalid. Never rejects. */
  async load(): Promise<PeerSettings> {
    try {
      const kept = await withDatabase((database) => database.get('settings', ONLY))
      return kept === undefined ? emptySettings() : readSettings(kept).settings
    } catch (error) {
      if (!this.#hasWarned) this.#log('warn', `the settings can't be read: ${String(error)}`)
      this.#hasWarned = true
      return emptySettings()
    }
  }

  /**
   * Stores the settings. Rejects with a message for the user if an entry is invalid, or storage is full or
   * forbidden.
   */
  async save(value: PeerSettings): Promise<void> {
    const { settings, problems, flawed } = readSettings(value)
    if (problems.length > 0) throw new InvalidSettingsError(problems.join('; '), flawed)
    await withDatabase((database) => database.put('settings', settings, ONLY))
  }
}

/** Merges `/network.json` with the user's settings. The user's entries come first. */
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

function readSettings(value: unknown): { settings: PeerSettings; problems: string[]; flawed: string[] } {
  const {
    network: { reservations: _, ...network },
    problems,
    flawed,
  } = parseNetworkConfig(value)
  const noPeers = typeof value === 'object' && value !== null && 'noPeers' in value && value.noPeers === true
  return { settings: { ...network, noPeers }, problems, flawed }
}
