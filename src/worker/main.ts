import { borrowedRtc } from './rtc-globals.ts'
import { tasks } from '../platform/task-queue.ts'
import type { NetworkConfig, PeerInit } from '../relay/index.ts'
import { NamedAddresses, Relay, readMultiaddr, routingServices, webSocketTransport } from '../relay/index.ts'
import { AdminEndpoint, Recorder } from '../admin/index.ts'
import { LenderLostError } from '../rtc/index.ts'
import { IdentityLock } from './identity-lock.ts'
import { indexedDbKeyStore } from './key-store.ts'
import { LentTransports } from './lent-transports.ts'
import { LocalNetwork } from './local-network.ts'
import { NetworkFile } from './network-file.ts'
import { SettingsStore, mergeNetwork } from './peer-settings.ts'
import { indexedDbCircuitRelayStore } from './circuit-relay-store.ts'
import { Tab } from './tab.ts'
import type { ToTab } from './tab-messages.ts'
import { LOCK_PREFIX, generationOf } from './tab-messages.ts'
import { workerAdminSettings } from './admin-settings.ts'
import { WorkerLog } from './worker-log.ts'

/** Identifies the build of this script. The bundler inserts it. */
declare const __BUILD__: string

/** The part of SharedWorkerGlobalScope used here, for which TypeScript's DOM library has no types. */
interface SharedWorkerScope extends EventTarget {
  readonly location: Location
  readonly name: string
  close(): void
}

/** The most connected tabs. A further one gets a `gone` message. */
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
// A worker that steals the identity runs its peer. This one ends, and its tabs connect to the other.
const identity = new IdentityLock(generationOf(scope.name), () => scope.close())

const keys = indexedDbKeyStore()
const settings = new SettingsStore((level, line) => log.add(level, line))
const recorder = new Recorder()
/** The configuration that the peer was started with. */
let startedWith: NetworkConfig | undefined
let tabNumber = 0
/** A page of another build is waiting for this worker to end, but connections are open. */
let isUpdateWaiting = false
const localNetwork = new LocalNetwork(scope.location.hostname, () => relay.retry())

const relay: Relay = new Relay({
  keys,
  circuitRelayStore: indexedDbCircuitRelayStore(),
  log: (level, line) => log.add(level, line),
  queueTask: (task) => tasks.push(task),
  refusalOf: (address) => {
    const reason = localNetwork.refusalOf(address)
    if (reason === undefined) addresses.add(address)
    return addresses.has(address) ? undefined : reason
  },
  isLocalLoss: (error) => error instanceof LenderLostError,
  report: () => {
    const tabStatuses = [...tabs].map((tab) => tab.status)
    const { states } = localNetwork
    return {
      host: {
        kind: 'shared-worker',
        version: __BUILD__,
        online: navigator.onLine,
        updateWaits: isUpdateWaiting,
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
    await identity.acquire()
    startedWith = network
    lent.iceServers = network.iceServers
    await lent.ready([...tabs].some((tab) => tab.lends))
    return {
      transports: [
        webSocketTransport({ refusal: async (address) => localNetwork.permissionRefusalOf(address) }),
      ],
      listen: [],
      gater: addresses.gater,
      logger: log.components,
      services: await routingFor(network),
    }
  },
})
const lent = new LentTransports(relay, borrowedRtc, log)
const admin = new AdminEndpoint({
  recorder,
  status: () => relay.status(),
  settings: workerAdminSettings({
    keys,
    store: settings,
    offered: () => networkFile.read(),
    running: () => startedWith,
    useIceServers: (servers) => {
      lent.iceServers = servers
    },
    stopPeer: () => relay.stop(),
    closeWorker: () => scope.close(),
  }),
})

/**
 * Loads the routing services. If their chunk can't be loaded, the peer runs without: only dialing by ID needs
 * them.
 */
async function routingFor(network: NetworkConfig): Promise<NonNullable<PeerInit['services']>> {
  try {
    return await routingServices(network, 'client')
  } catch (error) {
    log.add(
      'error',
      `peers can't be found by ID alone, because the code for it failed to load: ${String(error)}`,
    )
    return {}
  }
}

/**
 * Ends the worker so that another build can start, unless a page would lose a connection. Returns whether it
 * ends.
 */
function retire(): boolean {
  const isInUse = relay
    .status()
    .clients.some(({ streamCount, pendingConnects }) => streamCount + pendingConnects > 0)
  if (isInUse) {
    isUpdateWaiting = true
    return false
  }
  void relay.stop().finally(() => scope.close())
  return true
}

// Held for the worker's life. A tab that acquires it knows that the worker is gone, so the welcome that names
// the lock must not be sent before the worker holds it.
const lockHeld = new Promise<void>((resolve) => {
  void navigator.locks.request(lock, () => {
    resolve()
    return new Promise(() => undefined)
  })
})

/** Accepts the port of a page that has connected to the worker. */
export function connect(port: MessagePort): void {
  if (tabs.size >= MAX_TABS) {
    port.postMessage({ type: 'gone', epoch } satisfies ToTab)
    port.close()
    return
  }
  tabNumber += 1
  const name = `tab ${tabNumber}`
  const lenderReady = (): Promise<void> => lent.ready(true)
  const tab = new Tab(port, {
    epoch,
    name,
    relay,
    recorder,
    admin,
    rtc: borrowedRtc,
    lenderReady,
    log,
    retire,
    onHello: () => void relay.checkIdentity(),
    onEnd: (ended) => tabs.delete(ended),
  })
  tabs.add(tab)
  void lockHeld.then(() => {
    tab.post({ type: 'welcome', epoch, build: __BUILD__, lock })
    // The log has said so in the tabs that were there then. Whoever reloads a page looks for it again.
    const line = networkFile.warning
    if (line !== '') tab.post({ type: 'log', epoch, level: 'warn', line })
  })
}
