import { kadDHT, passthroughMapper, removePrivateAddressesMapper } from '@libp2p/kad-dht'
import { multiaddr } from '@multiformats/multiaddr'
import { localSpaceOf } from '../addresses/local-space.ts'
import type { ServiceFactory } from '../peer.ts'
import type { DhtMode } from './routing.ts'

/** The DHT as a service of the peer. A chunk of its own: it is a sixth of the code, and many sites have no bootstrap peers. */
export function dhtOf(bootstrapPeers: string[], mode: DhtMode): ServiceFactory {
  const isOwnNetwork = bootstrapPeers.every((address) => localSpaceOf(multiaddr(address)) !== undefined)
  const clientMode = mode === 'client' ? true : isOwnNetwork ? false : undefined
  return kadDHT({
    ...(clientMode === undefined ? {} : { clientMode }),
    peerInfoMapper: isOwnNetwork ? passthroughMapper : removePrivateAddressesMapper,
    allowQueryWithZeroPeers: true,
  })
}
