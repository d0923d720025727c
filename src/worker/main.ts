import { borrowedRtc } from './rtc-globals.ts'
import { bootstrap } from '@libp2p/bootstrap'
import { kadDHT } from '@libp2p/kad-dht'
import { webSockets } from '@libp2p/websockets'
import type { Log } from '../relay/index.ts'
import { NamedAddresses, Relay, readMultiaddr } from '../relay/index.ts'
import { indexedDbKeyStore } from './key-store.ts'
import { LentTransports } from './lent-transports.ts'
import { fetchNetwork } from './network-file.ts'
import { Tab } from './tab.ts'
import { LOCK_PREFIX } from './tab-wire.ts'

/** The build's version, put in by the bundler. */
declare const __VERSION__: string

/** What this file needs of the SharedWorkerGlobalScope, of which TypeScript's DOM library has no types. */
interface SharedWorkerScope extends EventTarget {
  readonly location: Location
  onconnect: ((event: MessageEvent) => void) | null
}

/** Tabs at once. A further one gets no welcome. */
const MAX_TABS = 256

const scope = globalThis as unknown as SharedWorkerScope
const epoch = crypto.randomUUID()
const lock = `${LOCK_PREFIX}worker:${epoch}`
const tabs = new Set<Tab>()

const log: Log = (level, line) => {
  // No tool shows a SharedWorker's console, so what matters is said in the tabs'.
  if (level === 'warn' || level === 'error') for (const tab of tabs) tab.post({ type: 'log', level, line })
}

const addresses = new NamedAddresses()
const networkUrl = new URL('network.json', scope.location.href)

const relay: Relay = new Relay({
  keys: indexedDbKeyStore(),
  log,
  allow: (address) => addresses.add(address),
  network: async () => {
    const network = await fetchNetwork(networkUrl, log)
    for (const address of [...network.relays, ...network.bootstrap]) addresses.add(readMultiaddr(address))
    return network
  },
  peer: async (network) => {
    lent.iceServers = network.iceServers
    await lent.ready([...tabs].some((tab) => tab.lends))
    return {
      transports: [webSockets()],
      listen: [],
      gater: addresses.gater,
      ...(network.bootstrap.length === 0
        ? {}
        : {
            peerDiscovery: [bootstrap({ list: network.bootstrap, timeout: 0 })],
            services: { dht: kadDHT({ clientMode: true }) },
          }),
    }
  },
})
const lent = new LentTransports(relay, borrowedRtc, log)

// Held for the worker's life: a tab that gets it knows that the worker is gone. Tabs are told of it once it is held.
const lockHeld = new Promise<void>((resolve) => {
  void navigator.locks.request(lock, () => {
    resolve()
    return new Promise(() => undefined)
  })
})

scope.onconnect = ({ ports: [port] }) => {
  if (port === undefined || tabs.size >= MAX_TABS) return
  const tab = new Tab(port, { relay, rtc: borrowedRtc, gone: (gone) => tabs.delete(gone) })
  tabs.add(tab)
  void lockHeld.then(() => tab.post({ type: 'welcome', epoch, version: __VERSION__, lock }))
}
