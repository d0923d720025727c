import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
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

/** Reads the peer ID of a Connect; throws {@link DialError} in words for whoever wrote it. */
export function readTarget(text: string): PeerId {
  return forDialer(() => readPeerId(text))
}

/** The addresses of `peer` that can be read; one that cannot does not keep the others from being tried. */
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
 * The addresses of `peer` through a relay as Connect names it: its multiaddr, its peer ID, or `*` for any, which are those
 * given and those over this peer's own relays. Throws {@link DialError} in words for who wrote it.
 */
export function circuitsThrough(
  relay: string,
  peer: PeerId,
  given: Multiaddr[],
  ownRelays: Multiaddr[],
): Multiaddr[] {
  const through = (address: Multiaddr): Multiaddr =>
    address.encapsulate(`/p2p-circuit/p2p/${peer.toString()}`)
  if (relay === '*')
    return [...given.filter((address) => Circuit.exactMatch(address)), ...ownRelays.map(through)]
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

/** What the peer store knows of the peer's addresses, without asking anybody. */
export async function knownAddresses({ peerStore }: Libp2p, id: PeerId): Promise<Multiaddr[]> {
  if (!(await peerStore.has(id))) return []
  const { addresses } = await peerStore.get(id)
  return addressesOfPeer(
    addresses.map(({ multiaddr: address }) => address),
    id,
  )
}

/**
 * Open connections to the peer that lead through no relay and have no limit, without those that don't answer. The newest comes
 * first, as an old one may be dead without anybody having noticed.
 */
export function directConnections(peer: Peer, id: PeerId): Connection[] {
  return answering(peer, id).filter(({ direct, limits }) => direct && limits === undefined)
}

/** Open connections to the peer through relays, without those that don't answer, the newest first. */
export function circuitsTo(peer: Peer, id: PeerId): Connection[] {
  return answering(peer, id).filter((connection) => circuitRelayOf(connection) !== undefined)
}

/** Whether a dial must be forced, because js-libp2p would return an open connection that doesn't answer. */
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

/** The `/webrtc` addresses of the peer that this one can dial, each once: over a circuit that stands first. */
export async function webRtcAddresses(peer: Peer, id: PeerId, named: Multiaddr[]): Promise<Multiaddr[]> {
  const overCircuits = circuitsTo(peer, id).map(({ remoteAddr }) => overWebRtc(remoteAddr))
  const all = [...overCircuits, ...named, ...(await knownAddresses(peer.libp2p, id))]
  const byText = new Map(all.map((address) => [address.toString(), address]))
  return [...byText.values()].filter((address) => WebRTC.exactMatch(address) && peer.canDial(address))
}

/** The address at which the other end of a circuit is dialled over WebRTC. */
function overWebRtc(circuit: Multiaddr): Multiaddr {
  return multiaddr(circuit.toString().replace('/p2p-circuit', '/p2p-circuit/webrtc'))
}
