import type { DeskSettings, PeerSettings, SettingsReport } from '../admin/index.ts'
import type { NetworkConfig } from '../relay/index.ts'
import { formatKey, newKey, readKey } from '../relay/index.ts'
import { deleteDatabase } from './database.ts'
import type { IndexedDbKeyStore } from './key-store.ts'
import type { SettingsStore } from './peer-settings.ts'
import { mergeNetwork } from './peer-settings.ts'

/** What the settings of the worker's peer act on. */
export interface WorkerDeskInit {
  keys: IndexedDbKeyStore
  store: SettingsStore
  offered(): Promise<NetworkConfig>
  /** What the peer was started with; undefined while it does not run. */
  running(): NetworkConfig | undefined
  /** STUN and TURN servers for the connections to come. */
  useIceServers(servers: RTCIceServer[]): void
  /** Stops the peer. */
  stop(): Promise<void>
  /** Ends the worker. */
  end(): void
}

/** Milliseconds between an answer and the end of the worker that gives it, so that it arrives. */
const FAREWELL_MS = 100

/** What the user of a peer in the browser can set. ICE servers are used at once, all else from the next start on. */
export function workerDeskSettings(init: WorkerDeskInit): DeskSettings {
  let hasNewIdentity = false

  const report = async (settings: PeerSettings): Promise<SettingsReport> => {
    const offered = await init.offered()
    const running = init.running()
    const { iceServers: _, reservations: __, ...wanted } = mergeNetwork(offered, settings)
    const needsRestart =
      running !== undefined &&
      Object.entries(wanted).some(([name, list]) => !sameList(list, Reflect.get(running, name)))
    const damagedKeys = await init.keys.damaged()
    return { settings, offered, needsRestart: needsRestart || hasNewIdentity, damagedKeys }
  }

  const end = (): void => {
    setTimeout(() => void init.stop().finally(() => init.end()), FAREWELL_MS)
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
    restart: end,
    async forget() {
      await init.stop()
      await deleteDatabase()
      setTimeout(() => init.end(), FAREWELL_MS)
    },
  }
}

function sameList(one: string[], other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
