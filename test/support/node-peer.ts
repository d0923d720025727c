import type { NodeRelay } from '../../src/node/peer/node-relay.ts'
import { createNodeRelay } from '../../src/node/peer/node-relay.ts'
import type { NodeRelayInit } from '../../src/node/peer/node-relay-init.ts'
import type { CircuitRelayLimits } from '../../src/node/peer/circuit-relay-limits.ts'
import type { NetworkConfig, RelayStatus } from '../../src/relay/index.ts'

/** A peer of the Node build in this process: it serves circuits on loopback, and keeps its key in memory. */
export async function startNodePeer(
  bootstrapPeers: string[],
  circuitRelayLimits: Partial<CircuitRelayLimits> = {},
  more: Partial<NodeRelayInit> = {},
): Promise<NodeRelay> {
  let key: string | undefined
  const node = await createNodeRelay({
    version: 'test',
    listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'],
    peers: bootstrapPeers,
    noPeers: true,
    circuitRelay: true,
    circuitRelayLimits,
    keyStore: { load: async () => key, save: async (given) => (key ??= given) },
    warn: () => undefined,
    ...more,
  })
  await node.start()
  return node
}

/** The address at which a browser dials the node. */
export async function browserAddressOf(node: NodeRelay): Promise<string> {
  const { relays } = (await node.network()) as NetworkConfig
  const [address] = relays
  if (address === undefined) throw new Error('the node serves no circuits')
  return address
}

/** The number of peers that the node is connected to. */
export function neighboursOf(node: NodeRelay): number {
  const { peer } = node.status() as RelayStatus
  return new Set(peer?.connections.map((connection) => connection.peer)).size
}
