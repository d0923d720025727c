import { autoNAT } from '@libp2p/autonat'
import { dcutr } from '@libp2p/dcutr'
import { tls } from '@libp2p/tls'
import { uPnPNAT } from '@libp2p/upnp-nat'
import { isLoopback } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { WebRTCDirect, WebSockets, WebSocketsSecure } from '@multiformats/multiaddr-matcher'
import { Desk, Inspector } from '../../admin/index.ts'
import type { NetworkConfig, PeerInit } from '../../relay/index.ts'
import { EMPTY_NETWORK, Relay, routingServices, webSocketTransport } from '../../relay/index.ts'
import type { RelayStatus } from '../../status/index.ts'
import { announceWithTls } from './announce.ts'
import type { AutoTls } from './auto-tls.ts'
import { announcedLimit } from './announced-limit.ts'
import { CircuitRelay } from './circuit-relay.ts'
import { CommandError } from '../command-error.ts'
import type { NodeRelay, NodeRelayInit } from './node-relay.ts'
import { PeerStoreUpkeep } from './peer-store-upkeep.ts'
import type { RelayLimits } from './relay-limits.ts'
import { DEFAULT_RELAY_LIMITS } from './relay-limits.ts'
import { endSilentSockets } from './silent-sockets.ts'
import { corkTcp, tcpTransport } from './tcp.ts'
import type { WebRtc } from './webrtc.ts'
import { loadWebRtc } from './webrtc.ts'

/** Where the peer listens if `-listen` says nothing: any interface, a port that is free. */
export const DEFAULT_LISTEN: readonly string[] = [
  '/ip4/0.0.0.0/tcp/0',
  '/ip4/0.0.0.0/tcp/0/ws',
  '/ip4/0.0.0.0/udp/0/webrtc-direct',
]

/** The public peers by which js-libp2p, Kubo and others enter the network, unless `-nopeers` is given. */
export const DEFAULT_BOOTSTRAP: readonly string[] = [
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN',
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmQCU2EcMqAqQPR2i9bChDtGNJchTbq5TbXJJ16u19uLTa',
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmcZf59bWwK5XFi76CZX8cbJ4BhTzzA3gU1ZjYZcYW3dwt',
]

/** Servers that tell a peer its own address, unless `-nopeers` is given. */
export const DEFAULT_ICE_SERVERS: readonly RTCIceServer[] = [
  { urls: ['stun:stun.l.google.com:19302', 'stun:stun.cloudflare.com:3478'] },
]

/** Connections at once of a peer that serves circuits to nobody. */
const MAX_CONNECTIONS = 2048
/**
 * Connections from others that are being made at once by a peer that serves circuits: after it was away, all who had a reservation
 * come back at the same time. js-libp2p's ten would cut off most of them, again and again.
 */
const MAX_PENDING_INBOUND = 256
/** Connections per second from the one address that everybody has for a peer behind a proxy. */
const MAX_PROXIED_PER_SECOND = 1000
/** Dials at once. */
const MAX_PARALLEL_DIALS = 64

/** Parts of the running peer that the host asks itself; there is one of each once the peer has started with it. */
interface HostParts {
  circuitRelay?: CircuitRelay
  autoTls?: AutoTls
}

/**
 * Makes the relay of the Node build: the core with the transports that a process can have. Its peer is not started.
 *
 * @throws CommandError `failed`: it is to listen for WebRTC, of which this platform has none
 */
export async function createNodeRelay(init: NodeRelayInit): Promise<NodeRelay> {
  const webRtc = await loadWebRtc()
  if (!webRtc.able) goWithoutWebRtc(init, webRtc.why)
  const bootstrapPeers = [...init.peers, ...(init.noPeers ? [] : DEFAULT_BOOTSTRAP)]
  const iceServers = init.noPeers ? [] : [...DEFAULT_ICE_SERVERS]
  const announced = init.announce ?? []
  const parts: HostParts = {}
  const relay = new Relay({
    keys: init.keyStore,
    queueTask: setImmediate,
    ...(init.key === undefined ? {} : { key: init.key }),
    report: () => ({
      host: { kind: 'program', version: init.version, updateWaits: false },
      network: { source: 'flags', state: 'good', problems: [] },
      transports: [
        { name: 'tcp', able: true },
        { name: 'websocket', able: true },
        ...(['webrtc', 'webrtc-direct'] as const).map((name) =>
          webRtc.able ? { name, able: true } : { name, able: false, why: 'unsupported' as const },
        ),
      ],
    }),
    log: (level, line) => {
      if (level === 'warn' || level === 'error') init.warn(line)
    },
    network: async () => ({
      ...EMPTY_NETWORK,
      // An address through another relay would not be announced.
      ...(announced.length === 0 ? {} : { reservations: 0 }),
      bootstrap: bootstrapPeers,
      iceServers,
    }),
    peer: async () => peerInit(init, webRtc, parts, bootstrapPeers, iceServers),
    ...(init.fakeNat === undefined ? {} : { fakePublic: init.fakeNat === 'public' }),
  })
  const inspector = new Inspector()
  const status = (): RelayStatus => withService(relay.status(), parts.circuitRelay)
  const desk = new Desk({ inspector, status })
  const metrics = init.metrics === true ? await metricsOf(status, parts) : undefined
  let clientNumber = 0
  let stopped: Promise<void> | undefined
  return {
    accept(socket, { isOperator, ...options }) {
      if (isOperator) return desk.accept(socket, '')
      clientNumber += 1
      const name = `client ${clientNumber}`
      return inspector.tap(socket, name, (tapped) => relay.accept(tapped, { ...options, name }))
    },
    network: () => networkFor(relay, init, bootstrapPeers, iceServers),
    status,
    ...(metrics === undefined ? {} : { metrics }),
    start: async (key) => await relay.start(key),
    stop: () => (stopped ??= relay.stop()),
  }
}

/** The core knows nothing of the circuits that its host serves. */
function withService(status: RelayStatus, circuitRelay: CircuitRelay | undefined): RelayStatus {
  const { peer } = status
  if (peer === undefined || circuitRelay === undefined) return status
  return { ...status, peer: { ...peer, service: circuitRelay.status } }
}

async function metricsOf(status: () => RelayStatus, parts: HostParts): Promise<() => Promise<string>> {
  // For those who ask for it.
  const { Metrics } = await import('./metrics.ts')
  const metrics = new Metrics(() => {
    const certificateEndsMs = parts.autoTls?.certificateEndsMs
    return { status: status(), ...(certificateEndsMs === undefined ? {} : { certificateEndsMs }) }
  })
  return () => metrics.text()
}

function goWithoutWebRtc({ listen, warn }: NodeRelayInit, why: string): void {
  const address = listen.find((text) => WebRTCDirect.matches(multiaddr(text)))
  if (address !== undefined) {
    throw new CommandError(
      'failed',
      `cannot listen on ${address}: there is no WebRTC on this platform: ${why}`,
    )
  }
  warn(`there is no WebRTC on this platform, so browsers reach this peer by WebSocket only: ${why}`)
}

async function peerInit(
  init: NodeRelayInit,
  webRtc: WebRtc,
  parts: HostParts,
  bootstrapPeers: string[],
  iceServers: RTCIceServer[],
): Promise<Omit<PeerInit, 'privateKey' | 'queueTask'>> {
  const defaults = DEFAULT_LISTEN.filter((text) => webRtc.able || !WebRTCDirect.matches(multiaddr(text)))
  const listen = init.listen.length > 0 ? [...init.listen] : defaults
  const services: NonNullable<PeerInit['services']> = {
    ...(await routingServices({ ...EMPTY_NETWORK, bootstrap: bootstrapPeers }, 'where-reachable')),
    autoNAT: autoNAT(),
    dcutr: dcutr(),
    corkedTcp: ({ events }) => corkTcp(events),
    peerStoreUpkeep: (components) => new PeerStoreUpkeep(components),
  }
  // Opening a port of the router makes sense only for what is not confined to this machine.
  if (listen.some((address) => !isLoopback(multiaddr(address)))) services['upnp'] = uPnPNAT()
  const limits: RelayLimits = { ...DEFAULT_RELAY_LIMITS, ...init.relayLimits }
  if (init.relay)
    services['circuitRelay'] = (components) =>
      (parts.circuitRelay = new CircuitRelay(components, limits, announcedLimit(init.relayLimits ?? {})))
  if (init.autoTls !== undefined) {
    // Large, and needed by few: read only by those.
    const { AutoTls } = await import('./auto-tls.ts')
    const { autoTls, warn } = init
    services['autoTLS'] = (components) => (parts.autoTls = new AutoTls(components, { ...autoTls, warn }))
  }
  return {
    transports: [
      tcpTransport(),
      endSilentSockets(webSocketTransport()),
      ...(webRtc.able ? webRtc.transports({ iceServers }) : []),
    ],
    // Some peers of other implementations offer TLS alone.
    encrypters: [tls()],
    listen,
    ...announcement(init),
    services,
    // Those who hold reservations, and those who look for them.
    maxConnections: init.relay ? Math.max(MAX_CONNECTIONS, 2 * limits.reservations) : MAX_CONNECTIONS,
    ...(init.relay ? { maxPendingInbound: MAX_PENDING_INBOUND } : {}),
    ...(init.relay && limits.reservationsPerAddress === 0
      ? { maxInboundPerSecond: MAX_PROXIED_PER_SECOND }
      : {}),
    // A process has sockets to spare, and a DHT server dials many who are gone.
    maxParallelDials: MAX_PARALLEL_DIALS,
  }
}

/** The addresses that are announced instead of those that are listened on, if any are given. */
function announcement({
  announce = [],
  autoTls,
}: NodeRelayInit): Pick<PeerInit, 'announce' | 'appendAnnounce' | 'announceFilter'> {
  if (announce.length === 0 || autoTls === undefined) return { announce: [...announce] }
  const { append, filter } = announceWithTls(announce)
  return { appendAnnounce: append, announceFilter: filter }
}

/** What a browser that this process serves needs to find others: this peer itself, first of all. */
function networkFor(
  relay: Relay,
  init: NodeRelayInit,
  bootstrapPeers: string[],
  iceServers: RTCIceServer[],
): NetworkConfig {
  const peer = relay.status().peer
  const own = (peer?.addresses ?? [])
    .filter(({ told }) => told)
    .map(({ address }) => multiaddr(`${address}/p2p/${peer?.id ?? ''}`))
    .filter((address) =>
      [WebSockets, WebSocketsSecure, WebRTCDirect].some((transport) => transport.exactMatch(address)),
    )
    .map((address) => address.toString())
  return {
    ...EMPTY_NETWORK,
    relays: init.relay ? own : [],
    bootstrap: [...own, ...bootstrapPeers],
    iceServers,
  }
}
