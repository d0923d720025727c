import type { AdminSettings, PeerSettings, SettingsReport } from '../admin/index.ts'
import type { NetworkConfig } from '../relay/index.ts'
import { formatKey, newKey, readKey } from '../relay/index.ts'
import { deleteDatabase } from './database.ts'
import type { IndexedDbKeyStore } from './key-store.ts'
import type { SettingsStore } from './peer-settings.ts'
import { mergeNetwork } from './peer-settings.ts'

/** What {@link workerAdminSettings} works with. */
export interface WorkerAdminSettingsInit {
  keys: IndexedDbKeyStore
  store: SettingsStore
  /** Reads `/network.json`. */
  offered(): Promise<NetworkConfig>
  /** Returns the configuration that the peer was started with; undefined if it isn't running. */
  running(): NetworkConfig | undefined
  /** Sets the STUN and TURN servers of future connections. */
  useIceServers(servers: RTCIceServer[]): void
  stopPeer(): Promise<void>
  closeWorker(): void
}

/** Milliseconds between the last answer and the end of the worker, so that the answer arrives. */
const FAREWELL_MS = 100

/**
 * The settings of the browser's peer. New ICE servers apply immediately, everything else at the next start.
 */
export function workerAdminSettings(init: WorkerAdminSettingsInit): AdminSettings {
  let hasNewIdentity = false

  const report = async (settings: PeerSettings): Promise<SettingsReport> => {
    const offered = await init.offered()
    const running = init.running()
    const { iceServers: _, reservations: __, ...wanted } = mergeNetwork(offered, settings)
    const needsRestart =
      running !== undefined &&
      Object.entries(wanted).some(([name, list]) => !isSameList(list, Reflect.get(running, name)))
    const damagedKeys = await init.keys.damaged()
    return { settings, offered, needsRestart: needsRestart || hasNewIdentity, damagedKeys }
  }

  return {
    read: async () => await report(await init.store.load()),
    async save(settings) {
      await init.store.save(settings)
      const kept = await init.store.load()
      init.useIceServers(mergeNetwork(await init.offered(), kept).iceServers)
      return await report(kept)
    },
    async setIdentity(key) {
      const parsed = key.trim() === '' ? await newKey() : await readKey(key)
      await init.keys.replace(formatKey(parsed))
      hasNewIdentity = true
      return parsed.publicKey.toString()
    },
    forgetDamagedKeys: () => init.keys.forgetDamaged(),
    shutDown() {
      setTimeout(() => void init.stopPeer().finally(() => init.closeWorker()), FAREWELL_MS)
    },
    async eraseAndShutDown() {
      await init.stopPeer()
      await deleteDatabase()
      setTimeout(() => init.closeWorker(), FAREWELL_MS)
    },
  }
}

function isSameList(one: string[], other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
