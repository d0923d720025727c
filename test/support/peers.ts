import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { CircuitRelayServerInit } from '@libp2p/circuit-relay-v2'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { ConnectionGater, Libp2p, PrivateKey, Stream, StreamMuxerFactory } from '@libp2p/interface'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import type { Ping } from '@libp2p/ping'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import type {
  HostReport,
  KeyStore,
  NetworkConfig,
  PeerInit,
  RelayBounds,
  RelayComponents,
  CircuitRelayStore,
  TransportFactory,
} from '../../src/relay/index.ts'
import { EMPTY_NETWORK, Relay, webSocketTransport } from '../../src/relay/index.ts'

/** The description of a host that has nothing to report. */
export const PLAIN_HOST: HostReport = {
  host: { kind: 'program', version: 'test', updateWaits: false },
  network: { source: 'flags', state: 'good', problems: [] },
  transports: [
    { name: 'tcp', able: true },
    { name: 'websocket', able: true },
  ],
}

/** A relay whose peer listens on loopback over TCP and keeps its identity in memory. */
export function makeRelay(
  options: {
    network?: Partial<NetworkConfig>
    /** Called each time; used where `network` is not enough. */
    readNetwork?: () => NetworkConfig
    bounds?: Partial<RelayBounds>
    listen?: string[]
    transports?: TransportFactory[]
    services?: PeerInit['services']
    announceFilter?: PeerInit['announceFilter']
    isLocalLoss?: (error: Error) => boolean
    isStanding?: RelayComponents['isStanding']
    refusalOf?: RelayComponents['refusalOf']
    circuitRelayStore?: CircuitRelayStore
    key?: string
    keys?: KeyStore
  } = {},
): Relay {
  let stored: string | undefined
  return new Relay(
    {
      keys: options.keys ?? {
        load: async () => stored,
        save: async (key) => (stored ??= key),
      },
      log: () => undefined,
      queueTask: setImmediate,
      report: () => PLAIN_HOST,
      ...(options.key === undefined ? {} : { key: options.key }),
      network: async () => options.readNetwork?.() ?? { ...EMPTY_NETWORK, ...options.network },
      peer: async () => ({
        transports: options.transports ?? [tcp(), webSocketTransport()],
        ...(options.announceFilter === undefined ? {} : { announceFilter: options.announceFilter }),
        listen: options.listen ?? ['/ip4/127.0.0.1/tcp/0'],
        ...(options.services === undefined ? {} : { services: options.services }),
      }),
      ...(options.circuitRelayStore === undefined ? {} : { circuitRelayStore: options.circuitRelayStore }),
      ...(options.isLocalLoss === undefined ? {} : { isLocalLoss: options.isLocalLoss }),
      ...(options.isStanding === undefined ? {} : { isStanding: options.isStanding }),
      ...(options.refusalOf === undefined ? {} : { refusalOf: options.refusalOf }),
    },
    options.bounds,
  )
}

/** The DHT of peers that have only loopback addresses. */
export const LOCAL_DHT = {
  clientMode: false,
  allowQueryWithZeroPeers: true,
  peerInfoMapper: passthroughMapper,
}

/** A plain js-libp2p peer, as others run it: the reference at the remote end. */
export async function startReferencePeer(
  options: {
    relay?: boolean | CircuitRelayServerInit
    privateKey?: PrivateKey
    port?: number
    /** In addition to its own port. */
    listen?: string[]
    /** Whether it serves the DHT, for peers with private addresses too. */
    dht?: boolean
    /** By default only Noise. */
    encrypters?: PeerInit['encrypters'] & object
    /** Whether it dials WebSockets too. */
    webSockets?: boolean
    gater?: ConnectionGater
    muxer?: StreamMuxerFactory
  } = {},
): Promise<Libp2p> {
  const { relay = false } = options
  return await createLibp2p({
    ...(options.privateKey === undefined ? {} : { privateKey: options.privateKey }),
    addresses: { listen: [`/ip4/127.0.0.1/tcp/${options.port ?? 0}`, ...(options.listen ?? [])] },
    transports: [
      tcp(),
      circuitRelayTransport(),
      ...(options.webSockets === true ? [webSocketTransport()] : []),
    ],
    connectionEncrypters: options.encrypters ?? [noise()],
    streamMuxers: [() => options.muxer ?? yamux()()],
    connectionGater: { denyDialMultiaddr: () => false, ...options.gater },
    connectionManager: { inboundConnectionThreshold: 1000 },
    services: {
      identify: identify(),
      ping: ping(),
      ...(options.dht === true ? { dht: kadDHT(LOCAL_DHT) } : {}),
      ...(relay === false ? {} : { relay: circuitRelayServer(relay === true ? {} : relay) }),
    },
  })
}

/** Collects all bytes of a stream from now on. */
export function collect(stream: Stream): { bytes(): Buffer; remoteEnded: boolean } {
  const chunks: Uint8Array[] = []
  const collected = { bytes: () => Buffer.concat(chunks), remoteEnded: false }
  stream.addEventListener('message', ({ data }) => chunks.push(data.subarray()))
  stream.addEventListener('remoteCloseWrite', () => {
    collected.remoteEnded = true
  })
  return collected
}

/** One payload as it is sent on a stream with frames. */
export function frame(payload: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4)
  header.writeUInt32BE(payload.byteLength)
  return Buffer.concat([header, payload])
}

/** The reference peer's pings. */
export function pinging(libp2p: Libp2p): Ping {
  return (libp2p as Libp2p<{ ping: Ping }>).services.ping
}
