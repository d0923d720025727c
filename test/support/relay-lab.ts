import type { Libp2p, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import type { Relay } from '../../src/relay/index.ts'
import type { ConnectOptions, Host, ServedRelay } from './hosts.ts'
import { makeRelay, startReferencePeer } from './peers.ts'
import { RelayClient } from './relay-client.ts'

type RelayOptions = Parameters<typeof makeRelay>[0]
type ServedWithRelay = ServedRelay & { relay: Relay }

/** A relay whose peer is running, and one of its clients. */
export interface Started {
  served: ServedWithRelay
  client: RelayClient
  id: string
  addresses: string[]
}

/** Relays behind one host, their clients, and remote peers. All of them end with the test that made them. */
export class RelayLab {
  readonly #host: Host
  readonly cleanups: (() => Promise<unknown>)[] = []

  /** Call this while a suite is described. */
  constructor(host: Host) {
    this.#host = host
    afterEach(async () => {
      for (const cleanup of this.cleanups.splice(0).reverse()) await cleanup()
    })
  }

  async serve(options?: RelayOptions): Promise<ServedWithRelay> {
    const relay = makeRelay(options)
    const served = await this.#host.serve(relay)
    this.cleanups.push(
      () => relay.stop(),
      () => served.close(),
    )
    return { ...served, relay }
  }

  async open(served: ServedRelay, options: ConnectOptions = {}): Promise<RelayClient> {
    const client = new RelayClient(options.subprotocol)
    client.socket = await served.connect(client, options)
    return client
  }

  async started(options?: RelayOptions): Promise<Started> {
    const served = await this.serve(options)
    const client = await this.open(served)
    const { peer, addresses } = await client.start()
    return { served, client, id: peer, addresses }
  }

  /** Another client of a relay whose peer is running. */
  async another({ served }: Started, options?: ConnectOptions): Promise<RelayClient> {
    const client = await this.open(served, options)
    await client.next('identify')
    return client
  }

  async reference(options?: Parameters<typeof startReferencePeer>[0]): Promise<Libp2p> {
    const libp2p = await startReferencePeer(options)
    this.cleanups.push(async () => await libp2p.stop())
    return libp2p
  }
}

/** How a Connect names the peer. */
export function addressOf(libp2p: Libp2p): string {
  return encodePeerAddress({
    peer: libp2p.peerId.toString(),
    addrs: libp2p.getMultiaddrs().map((address) => address.toString()),
  })
}

/** Opens a stream from the reference peer to the relay's listener. */
export async function streamTo(
  peer: Libp2p,
  target: { id: string; addresses: string[] },
  protocol: string,
): Promise<Stream> {
  const connection = await peer.dial(
    target.addresses.map((address) => multiaddr(`${address}/p2p/${target.id}`)),
  )
  return await connection.newStream(protocol, { maxOutboundStreams: 1000 })
}
