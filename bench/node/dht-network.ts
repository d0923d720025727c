/** So many js-libp2p peers that serve one DHT, in a process of their own; each enters it through the first. Says whom to ask, and whom for. */
import '../../src/node/polyfill.ts'
import type { Libp2p } from '@libp2p/interface'
import { startReferencePeer } from '../../test/support/peers.ts'
import { until } from '../../test/support/until.ts'

/** What the process says once its peers know each other. */
export interface DhtNetwork {
  entry: string
  peers: string[]
}

/** Peers that begin at a time. */
const AT_ONCE = 10
/** Milliseconds that the peers have to find each other. */
const TIMEOUT_MS = 120_000

const count = Number(process.argv[2])
const first = await startReferencePeer({ dht: true })
const [entry] = first.getMultiaddrs()
if (entry === undefined) throw new Error('the first peer does not listen')
const peers: Libp2p[] = [first]
while (peers.length < count) {
  const more = Array.from({ length: Math.min(AT_ONCE, count - peers.length) }, async () => {
    const peer = await startReferencePeer({ dht: true })
    await peer.dial(entry)
    return peer
  })
  peers.push(...(await Promise.all(more)))
}
await until(
  'all peers to be known to the first',
  async () => {
    const known = await first.peerStore.all()
    return known.length >= count - 1
  },
  TIMEOUT_MS,
)
const network: DhtNetwork = { entry: entry.toString(), peers: peers.map(({ peerId }) => peerId.toString()) }
process.stdout.write(`${JSON.stringify(network)}\n`)
