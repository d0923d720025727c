import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { isPeerId, withUsualPeerIds } from './peer-id.ts'

/**
 * Returns an address with the peer's ID at its end.
 *
 * @throws Error if it is the address of another peer
 */
export function withPeer(address: Multiaddr, peer: PeerId): Multiaddr {
  const last = address.getComponents().at(-1)
  if (last?.name !== 'p2p') return address.encapsulate(`/p2p/${peer.toString()}`)
  if (last.value !== undefined && isPeerId(last.value, peer)) return withUsualPeerIds(address)
  throw new Error(`it is the address of a peer other than ${peer.toString()}`)
}

/**
 * Returns the addresses with the peer's ID at their ends. Leaves out addresses of other peers, because the
 * sender of the addresses may lie.
 */
export function addressesOfPeer(addresses: Multiaddr[], peer: PeerId): Multiaddr[] {
  return addresses.flatMap((address) => {
    try {
      return [withPeer(address, peer)]
    } catch {
      return []
    }
  })
}

/** Groups multiaddrs by the peer ID in the `/p2p/…` at their ends. */
export function addressesByPeer(addresses: string[]): Map<string, Multiaddr[]> {
  const byPeer = new Map<string, Multiaddr[]>()
  for (const text of addresses) {
    const address = multiaddr(text)
    const peer = address.getComponents().at(-1)?.value ?? ''
    byPeer.set(peer, [...(byPeer.get(peer) ?? []), address])
  }
  return byPeer
}
