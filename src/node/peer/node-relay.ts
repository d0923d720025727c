import { multiaddr } from '@multiformats/multiaddr'
import { WebRTCDirect, WebSockets, WebSocketsSecure } from '@multiformats/multiaddr-matcher'
import { AdminEndpoint, Recorder } from '../../admin/index.ts'
import type { NetworkConfig } from '../../relay/index.ts'
import { EMPTY_NETWORK, Relay } from '../../relay/index.ts'
import type { RelayStatus, TcpServiceStatus } from '../../status/index.ts'
import { CommandError } from '../command-error.ts'
import { Forwarding } from '../forward/forwarding.ts'
import type { ServerCore } from '../server-core.ts'
import type { NodeRelayInit } from './node-relay-init.ts'
import type { HostParts, SharedNetwork } from './peer-init.ts'
import { peerInit } from './peer-init.ts'
import { hasOpenWebRtc } from './libp2p/open-webrtc.ts'
import type { WebRtc } from './webrtc.ts'
import { loadWebRtc } from './webrtc.ts'

/** The public peers by which js-libp2p, Kubo and others join the network. `-nopeers` leaves them out. */
export const DEFAULT_BOOTSTRAP: readonly string[] = [
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN',
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmQCU2EcMqAqQPR2i9bChDtGNJchTbq5TbXJJ16u19uLTa',
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmcZf59bWwK5XFi76CZX8cbJ4BhTzzA3gU1ZjYZcYW3dwt',
]

/** STUN servers, which tell a peer its public address. `-nopeers` leaves them out. */
export const DEFAULT_ICE_SERVERS: readonly RTCIceServer[] = [
  { urls: ['stun:stun.l.google.com:19302', 'stun:stun.cloudflare.com:3478'] },
]

/** The relay of the Node build, with its peer. */
export interface NodeRelay extends ServerCore {
  /**
   * Returns the ID of the peer, if it is running, the addresses of the circuit relay that it serves as, its
   * forwards and tunnels, and whether the package for WebRTC is installed.
   */
  describe(): {
    peer: string | undefined
    circuitRelays: readonly string[]
    tcp: readonly TcpServiceStatus[]
    webRtcInstalled: boolean
  }
  /**
   * Starts the peer, as a client's Start does. The identity is `key`, or else the one of the init, the stored
   * one, or a new one.
   *
   * @throws Error with a one-line message if the peer can't start: an address is in use, or the key is
   * invalid
   */
  start(key?: string): Promise<void>

  /** Stops the peer and closes every connection, if it was running. A second call waits for the first. */
  stop(): Promise<void>
}

/** Makes a relay without starting its peer. */
export type CreateNodeRelay = (init: NodeRelayInit) => Promise<NodeRelay>

/**
 * Makes the relay of the Node build: the core, with the transports that a Node process can have. Doesn't
 * start its peer.
 *
 * @throws CommandError `failed` if it is to listen on a WebRTC address and there is no WebRTC
 */
export async function createNodeRelay(init: NodeRelayInit): Promise<NodeRelay> {
  const webRtc = await loadWebRtc()
  if (!webRtc.able) reportMissingWebRtc(init, webRtc)
  const shared: SharedNetwork = {
    bootstrapPeers: [...init.peers, ...(init.noPeers ? [] : DEFAULT_BOOTSTRAP)],
    iceServers: init.noPeers ? [] : [...DEFAULT_ICE_SERVERS],
  }
  const announced = init.announce ?? []
  const parts: HostParts = {}
  const relay = new Relay({
    keys: init.keyStore,
    queueTask: setImmediate,
    isStanding: hasOpenWebRtc,
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
      // With -announce, only the given addresses are announced, so an address through another circuit relay
      // would be of no use.
      ...(announced.length === 0 ? {} : { reservations: 0 }),
      bootstrap: shared.bootstrapPeers,
      iceServers: shared.iceServers,
    }),
    peer: async () => peerInit(init, webRtc, parts, shared),
    ...(init.fakeNat === undefined ? {} : { fakePublic: init.fakeNat === 'public' }),
  })
  const recorder = new Recorder()
  const forwarding = init.forwarding === undefined ? undefined : new Forwarding(init.forwarding, init.warn)
  const status = (): RelayStatus => ({
    ...withServices(relay.status(), parts),
    ...(forwarding === undefined ? {} : { tcp: forwarding.statuses }),
  })
  const admin = new AdminEndpoint({ recorder, status })
  const metrics = init.metrics === true ? await metricsOf(status, parts) : undefined
  let clientNumber = 0
  let stopped: Promise<void> | undefined
  return {
    accept(socket, { isAdmin, ...options }) {
      if (isAdmin) return admin.accept(socket, '')
      clientNumber += 1
      const name = `client ${clientNumber}`
      return recorder.tap(socket, name, (tapped) => relay.accept(tapped, { ...options, name }))
    },
    describe: () => ({
      webRtcInstalled: webRtc.able || webRtc.isInstalled,
      peer: relay.status().peer?.id,
      circuitRelays: networkFor(relay, init, shared).relays,
      tcp: forwarding?.statuses ?? [],
    }),
    network: () => networkFor(relay, init, shared),
    status,
    ...(metrics === undefined ? {} : { metrics }),
    async start(key) {
      await relay.start(key)
      await forwarding?.start(await relay.ownPeer())
    },
    stop: () => (stopped ??= Promise.all([forwarding?.stop(), relay.stop()]).then(() => undefined)),
  }
}

/** Adds what only the host knows: what it serves to other peers. */
function withServices(status: RelayStatus, { circuitRelay, rendezvous }: HostParts): RelayStatus {
  const { peer } = status
  if (peer === undefined) return status
  return {
    ...status,
    peer: {
      ...peer,
      ...(circuitRelay === undefined ? {} : { service: circuitRelay.status }),
      ...(rendezvous === undefined ? {} : { rendezvousService: rendezvous.status }),
    },
  }
}

async function metricsOf(status: () => RelayStatus, parts: HostParts): Promise<() => Promise<string>> {
  // Loaded only if metrics are wanted.
  const { Metrics } = await import('./metrics.ts')
  const metrics = new Metrics(() => {
    const certificateEndsMs = parts.autoTls?.certificateEndsMs
    return { status: status(), ...(certificateEndsMs === undefined ? {} : { certificateEndsMs }) }
  })
  return () => metrics.text()
}

/**
 * Whoever hasn't installed the package reads so in `describe()`.
 *
 * @throws CommandError `failed` if the peer is to listen on a WebRTC address; otherwise a warning is enough
 */
function reportMissingWebRtc(
  { listen, warn }: NodeRelayInit,
  { isInstalled, why }: Extract<WebRtc, { able: false }>,
): void {
  const address = listen.find((text) => WebRTCDirect.matches(multiaddr(text)))
  if (address !== undefined) {
    throw new CommandError('failed', `cannot listen on ${address}, because there is no WebRTC: ${why}`)
  }
  if (isInstalled) warn(`there is no WebRTC, so browsers can reach this peer only over WebSocket: ${why}`)
}

/** The `/network.json` of browsers that this process serves. Its own peer comes first in it. */
function networkFor(
  relay: Relay,
  init: NodeRelayInit,
  { bootstrapPeers, iceServers }: SharedNetwork,
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
    relays: init.circuitRelay ? own : [],
    bootstrap: [...own, ...bootstrapPeers],
    iceServers,
    // Without other peers, no second circuit relay can be found.
    ...(init.circuitRelay && bootstrapPeers.length === 0 ? { reservations: 1 } : {}),
  }
}
