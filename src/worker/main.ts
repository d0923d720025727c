import { borrowedRtc } from './rtc-globals.ts'
import { tasks } from '../platform/task-queue.ts'
import type { NetworkConfig, PeerInit } from '../relay/index.ts'
import { NamedAddresses, Relay, readMultiaddr, routingServices, webSocketTransport } from '../relay/index.ts'
import { Desk, Inspector } from '../admin/index.ts'
import { LenderLostError } from '../rtc/index.ts'
import { IdentityLock } from './identity-lock.ts'
import { indexedDbKeyStore } from './key-store.ts'
import { LentTransports } from './lent-transports.ts'
import { LocalNetwork } from './local-network.ts'
import { NetworkFile } from './network-file.ts'
import { SettingsStore, mergeNetwork } from './peer-settings.ts'
import { indexedDbRelayStore } from './relay-store.ts'
import { Tab } from './tab.ts'
import type { ToTab } from './tab-messages.ts'
import { LOCK_PREFIX, generationOf } from './tab-messages.ts'
import { workerDeskSettings } from './admin-settings.ts'
import { WorkerLog } from './worker-log.ts'

/** The build that this script is of, put in by the bundler. */
declare const __BUILD__: string

/** What this file needs of the SharedWorkerGlobalScope, of which TypeScript's DOM library has no types. */
interface SharedWorkerScope extends EventTarget {
  readonly location: Location
  readonly name: string
  close(): void
}

/** Tabs at once. A further one is told that there is nothing for it. */
const MAX_TABS = 1024

const scope = globalThis as unknown as SharedWorkerScope
const epoch = crypto.randomUUID()
const lock = `${LOCK_PREFIX}worker:${epoch}`
const tabs = new Set<Tab>()
const log = new WorkerLog()
const addresses = new NamedAddresses()
const networkFile = new NetworkFile(new URL('network.json', scope.location.href), (level, line) =>
  log.add(level, line),
)
// Whoever takes the identity away runs its peer: this worker ends, and its tabs go to the other one.
const identity = new IdentityLock(generationOf(scope.name), () => scope.close())

const keys = indexedDbKeyStore()
const settings = new SettingsStore((level, line) => log.add(level, line))
const inspector = new Inspector()
/** What the peer was started with. */
let startedWith: NetworkConfig | undefined
let tabNumber = 0
/** A page of another build has asked for a worker of its own in vain. */
let updateWaits = false
const localNetwork = new LocalNetwork(scope.location.hostname, () => relay.retry())

const relay: Relay = new Relay({
  keys,
  relayStore: indexedDbRelayStore(),
  log: (level, line) => log.add(level, line),
  queueTask: (task) => tasks.push(task),
  allow: (address) => {
    const reason = localNetwork.unnamed(address)
    if (reason === undefined) addresses.add(address)
    return addresses.has(address) ? undefined : reason
  },
  isOwnLoss: (error) => error instanceof LenderLostError,
  report: () => {
    const tabStatuses = [...tabs].map((tab) => tab.status)
    const { states } = localNetwork
    return {
      host: {
        kind: 'shared-worker',
        version: __BUILD__,
        online: navigator.onLine,
        updateWaits,
        ...(states === undefined ? {} : { localNetwork: states }),
      },
      network: networkFile.status,
      transports: [{ name: 'websocket', able: true }, ...LentTransports.statuses(tabStatuses)],
      tabs: tabStatuses,
    }
  },
  network: async () => {
    const network = mergeNetwork(await networkFile.read(), await settings.load())
    for (const address of [...network.relays, ...network.bootstrap]) addresses.add(readMultiaddr(address))
    return network
  },
  peer: async (network) => {
    await identity.take()
    startedWith = network
    lent.iceServers = network.iceServers
    await lent.ready([...tabs].some((tab) => tab.lends))
    return {
      transports: [webSocketTransport({ refusal: async (address) => localNetwork.refusal(address) })],
      listen: [],
      gater: addresses.gater,
      logger: log.components,
      services: await routingFor(network),
    }
  },
})
const lent = new LentTransports(relay, borrowedRtc, log)
const desk = new Desk({
  inspector,
  status: () => relay.status(),
  settings: workerDeskSettings({
    keys,
    store: settings,
    offered: () => networkFile.read(),
    running: () => startedWith,
    useIceServers: (servers) => {
      lent.iceServers = servers
    },
    stop: () => relay.stop(),
    end: () => scope.close(),
  }),
})

/** The peer runs without routing if its chunk can't be loaded: connect strings work all the same. */
async function routingFor(network: NetworkConfig): Promise<NonNullable<PeerInit['services']>> {
  try {
    return await routingServices(network, 'client')
  } catch (error) {
    log.add(
      'error',
      `no peer is found by its ID alone, as the code for it could not be loaded: ${String(error)}`,
    )
    return {}
  }
}

/** Ends the worker for another build's sake, if no page would lose a connection. */
function retire(): boolean {
  const isInUse = relay
    .status()
    .clients.some(({ streamCount, pendingConnects }) => streamCount + pendingConnects > 0)
  if (isInUse) {
    updateWaits = true
    return false
  }
  void relay.stop().finally(() => scope.close())
  return true
}

// Held for the worker's life: a tab that gets it knows that the worker is gone. Tabs are told of it once it is held.
const lockHeld = new Promise<void>((resolve) => {
  void navigator.locks.request(lock, () => {
    resolve()
    return new Promise(() => undefined)
  })
})

/** Takes a page's port in. */
export function connect(port: MessagePort): void {
  if (tabs.size >= MAX_TABS) {
    port.postMessage({ type: 'gone', epoch } satisfies ToTab)
    port.close()
    return
  }
  const gone = (tab: Tab): boolean => tabs.delete(tab)
  tabNumber += 1
  const name = `tab ${tabNumber}`
  const lenderReady = (): Promise<void> => lent.ready(true)
  const tab = new Tab(port, {
    epoch,
    name,
    relay,
    inspector,
    desk,
    rtc: borrowedRtc,
    lenderReady,
    log,
    retire,
    came: () => void relay.checkIdentity(),
    gone,
  })
  tabs.add(tab)
  void lockHeld.then(() => tab.post({ type: 'welcome', epoch, build: __BUILD__, lock }))
}
