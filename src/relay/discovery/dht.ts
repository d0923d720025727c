import { kadDHT, passthroughMapper, removePrivateAddressesMapper } from '@libp2p/kad-dht'
import { multiaddr } from '@multiformats/multiaddr'
import { localSpaceOf } from '../addresses/local-space.ts'
import type { ServiceFactory } from '../peer-init.ts'

/**
 * How a peer takes part in the DHT. `client`: it only sends queries. `where-reachable`: it also answers once
 * others have confirmed a public address of it, which is js-libp2p's default.
 */
export type DhtMode = 'client' | 'where-reachable'

/**
 * Returns the DHT as a service of the peer. It is loaded on demand, as it is a sixth of the code and many
 * sites have no bootstrap peers.
 */
export function dhtOf(bootstrapPeers: string[], mode: DhtMode): ServiceFactory {
  const isOwnNetwork = bootstrapPeers.every((address) => localSpaceOf(multiaddr(address)) !== undefined)
  const clientMode = mode === 'client' ? true : isOwnNetwork ? false : undefined
  return kadDHT({
    ...(clientMode === undefined ? {} : { clientMode }),
    peerInfoMapper: isOwnNetwork ? passthroughMapper : removePrivateAddressesMapper,
    allowQueryWithZeroPeers: true,
  })
}
