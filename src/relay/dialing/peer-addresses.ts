import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { defaultMultiaddrSorter } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { Circuit, WebRTC } from '@multiformats/multiaddr-matcher'
import type { FailedAttempt } from './dial-error.ts'
import { DialError } from './dial-error.ts'
import { circuitRelayOf } from '../addresses/circuit-relay-of.ts'
import { messageOf } from '../log.ts'
import { addressesOfPeer, withPeer } from '../addresses/by-peer.ts'
import { readPeerId, trimPasted } from '../addresses/peer-id.ts'
import { readMultiaddr } from '../addresses/read-address.ts'
import type { Peer } from '../peer.ts'

/** Groups addresses by the kind of link they lead to: `direct` (best first), `webRtc` and `circuits`. */
export function sortByWay(addresses: Multiaddr[]): Record<'direct' | 'webRtc' | 'circuits', Multiaddr[]> {
  const webRtc = addresses.filter((address) => WebRTC.exactMatch(address))
  const circuits = addresses.filter((address) => Circuit.exactMatch(address))
  const direct = addresses.filter((address) => !webRtc.includes(address) && !circuits.includes(address))
  return { direct: defaultMultiaddrSorter(direct), webRtc, circuits }
}

/** Reads the peer ID of a Connect. Throws a {@link DialError} in words for the page's author. */
export function readTarget(text: string): PeerId {
  return forDialer(() => readPeerId(text))
}

/**
 * Reads addresses of `peer`. The ones that can't be read are returned as failed, and the others can still be
 * tried.
 */
export function readAddresses(
  texts: string[],
  peer: PeerId,
): { addresses: Multiaddr[]; failed: FailedAttempt[] } {
  const addresses: Multiaddr[] = []
  const failed: FailedAttempt[] = []
  for (const text of texts) {
    try {
      addresses.push(withPeer(readMultiaddr(text), peer))
    } catch (error) {
      failed.push({ address: text, reason: messageOf(error) })
    }
  }
  return { addresses, failed }
}

/**
 * Returns the circuit addresses of `peer` through the circuit relay that a Connect names. `relay` is its
 * multiaddr or peer ID, or `*` for the `given` circuit addresses and this peer's own circuit relays. Throws a
 * {@link DialError} in words for the page's author.
 */
export function circuitsThrough(
  relay: string,
  peer: PeerId,
  given: Multiaddr[],
  ownCircuitRelays: Multiaddr[],
): Multiaddr[] {
  const through = (address: Multiaddr): Multiaddr =>
    address.encapsulate(`/p2p-circuit/p2p/${peer.toString()}`)
  if (relay === '*')
    return [...given.filter((address) => Circuit.exactMatch(address)), ...ownCircuitRelays.map(through)]
  const isAddress = trimPasted(relay).startsWith('/')
  return [
    through(
      forDialer(() => (isAddress ? readMultiaddr(relay) : multiaddr(`/p2p/${readPeerId(relay).toString()}`))),
    ),
  ]
}

function forDialer<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new DialError(messageOf(error), { cause: error })
  }
}

/** Returns the addresses in the peer store, without asking the network. */
export async function knownAddresses({ peerStore }: Libp2p, id: PeerId): Promise<Multiaddr[]> {
  if (!(await peerStore.has(id))) return []
  const { addresses } = await peerStore.get(id)
  return addressesOfPeer(
    addresses.map(({ multiaddr: address }) => address),
    id,
  )
}

/**
 * Returns the open connections to the peer that use no circuit relay, have no limits and aren't silent. The
 * newest comes first, because an old one may have died unnoticed.
 */
export function directConnections(peer: Peer, id: PeerId): Connection[] {
  return answering(peer, id).filter(({ direct, limits }) => direct && limits === undefined)
}

/** Returns the open circuits to the peer that aren't silent, the newest first. */
export function circuitsTo(peer: Peer, id: PeerId): Connection[] {
  return answering(peer, id).filter((connection) => circuitRelayOf(connection) !== undefined)
}

/**
 * Returns whether a dial must be forced, because js-libp2p would return an open connection that is silent.
 */
export function mustForceDial(peer: Peer, id: PeerId): boolean {
  const open = peer.libp2p.getConnections(id).filter(({ status }) => status === 'open')
  return open.some((one) => peer.silent.has(one)) && directConnections(peer, id).length === 0
}

function answering({ libp2p, silent }: Peer, id: PeerId): Connection[] {
  return libp2p
    .getConnections(id)
    .filter((connection) => connection.status === 'open' && !silent.has(connection))
    .toSorted((one, other) => other.timeline.open - one.timeline.open)
}

/**
 * Returns the `/webrtc` addresses of the peer that this one can dial, without duplicates. Those over an open
 * circuit come first, unless the peer is known to have no WebRTC.
 */
export async function webRtcAddresses(peer: Peer, id: PeerId, named: Multiaddr[]): Promise<Multiaddr[]> {
  const circuits = circuitsTo(peer, id)
  const abilities = await Promise.all(circuits.map((circuit) => peer.abilities.known(circuit)))
  const overCircuits = circuits
    .filter((_, index) => abilities[index]?.webRtc !== false)
    .map(({ remoteAddr }) => overWebRtc(remoteAddr))
  const all = [...overCircuits, ...named, ...(await knownAddresses(peer.libp2p, id))]
  const byText = new Map(all.map((address) => [address.toString(), address]))
  return [...byText.values()].filter((address) => WebRTC.exactMatch(address) && peer.canDial(address))
}

/** Returns the address to dial the other end of a circuit over WebRTC. */
function overWebRtc(circuit: Multiaddr): Multiaddr {
  return multiaddr(circuit.toString().replace('/p2p-circuit', '/p2p-circuit/webrtc'))
}
