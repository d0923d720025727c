import type { NodeRelay } from '../../src/node/peer/node-relay.ts'
import type { NetworkConfig } from '../../src/relay/index.ts'
import { EMPTY_NETWORK, routingServices, webSocketTransport } from '../../src/relay/index.ts'
import { wsHost } from '../../test/support/hosts.ts'
import { browserAddressOf, neighboursOf, startNodePeer } from '../../test/support/node-peer.ts'
import { makeRelay } from '../../test/support/peers.ts'
import { until } from '../../test/support/until.ts'
import { TimedClient } from './distant-pair.ts'

const PROTOCOL = '/x/bench/by-id'
/** Nodes that serve the DHT and circuits. */
const NODES = 4

/** The milliseconds of Connects that name only a peer's ID, each to a peer that nobody has dialled before. */
export async function measureBareId(rounds: number): Promise<number[]> {
  const cleanups: (() => Promise<unknown>)[] = []
  const start = async (bootstrap: string[]): Promise<NodeRelay> => {
    const node = await startNodePeer(bootstrap)
    cleanups.push(() => node.stop())
    return node
  }
  const client = async (entry: string): Promise<{ client: TimedClient; peer: string }> => {
    const network: Partial<NetworkConfig> = { relays: [entry], bootstrap: [entry] }
    const relay = makeRelay({
      network,
      transports: [webSocketTransport()],
      listen: [],
      bounds: { identifyTimeoutMs: 30_000 },
      services: await routingServices({ ...EMPTY_NETWORK, ...network }, 'client'),
    })
    const served = await wsHost.serve(relay)
    cleanups.push(
      () => relay.stop(),
      () => served.close(),
    )
    const client = new TimedClient()
    client.socket = await served.connect(client)
    const { peer } = await client.start()
    return { client, peer }
  }
  try {
    const first = await start([])
    const entry = await browserAddressOf(first)
    const others = await Promise.all(Array.from({ length: NODES - 1 }, () => start([entry])))
    await until('the nodes to know each other', () =>
      [first, ...others].every((node) => neighboursOf(node) >= NODES - 1),
    )
    const [mine, theirs] = await Promise.all(others.map(browserAddressOf))
    const samples: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const far = await client(theirs ?? entry)
      const near = await client(mine ?? entry)
      await far.client.listen(PROTOCOL, false)
      const startMs = performance.now()
      near.client.connect(far.peer, PROTOCOL, false)
      await near.client.arrival(() => near.client.all('peerConnection')[0])
      samples.push(performance.now() - startMs)
    }
    return samples
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup()
  }
}
