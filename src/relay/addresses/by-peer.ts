import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { isPeerId, withUsualPeerIds } from './peer-id.ts'

/** The address with the peer's ID at its end. Throws if it is another peer's. */
export function withPeer(address: Multiaddr, peer: PeerId): Multiaddr {
  const last = address.getComponents().at(-1)
  if (last?.name !== 'p2p') return address.encapsulate(`/p2p/${peer.toString()}`)
  if (last.value !== undefined && isPeerId(last.value, peer)) return withUsualPeerIds(address)
  throw new Error(`it is the address of another peer than ${peer.toString()}`)
}

/**
 * The addresses with the peer's ID at their ends. Whoever told them may have named others' addresses: those
 * are left out.
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

/** Groups multiaddrs that end in `/p2p/…` by that peer: one peer may be listed with several. */
export function addressesByPeer(addresses: string[]): Map<string, Multiaddr[]> {
  const byPeer = new Map<string, Multiaddr[]>()
  for (const text of addresses) {
    const address = multiaddr(text)
    const peer = address.getComponents().at(-1)?.value ?? ''
    byPeer.set(peer, [...(byPeer.get(peer) ?? []), address])
  }
  return byPeer
}
