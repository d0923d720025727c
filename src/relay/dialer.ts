import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { Circuit, WebRTC } from '@multiformats/multiaddr-matcher'
import type { PeerAddress } from '../protocol/index.ts'
import type { FailedAttempt } from './dial-error.ts'
import { DialError, describeAttempts } from './dial-error.ts'
import { relayOf } from './link.ts'
import { messageOf } from './log.ts'
import { readMultiaddr } from './network.ts'
import type { Peer } from './peer.ts'

/** Addresses of one peer that a Connect tries. */
const MAX_ADDRESSES = 25
/** Milliseconds for a connection that stands to open a stream: it may be dead without anybody having noticed. */
const STANDING_TIMEOUT_MS = 5_000
/** Milliseconds that each address is given at least; a silent one must not use up the time of those behind it. */
const MIN_ADDRESS_TIMEOUT_MS = 2_000
/** Streams that one connection may carry in each direction for one protocol of a client. */
export const MAX_STREAMS_PER_PROTOCOL = 1000

/** What a Connect asks for; `relay` as in its message. */
export interface DialRequest {
  target: PeerAddress
  protocol: string
  relay: string
  /** When the signal will end it, in milliseconds since 1970: the time until then is shared among the addresses. */
  deadlineMs: number
}

/** A stream that a Connect has opened, and what carries it. */
export interface Dialed {
  stream: Stream
  connection: Connection
}

/** What the dialer needs: the peer, and to be told of addresses that the user has named. */
export interface DialerComponents {
  peer: Peer
  allow: (address: Multiaddr) => void
  /** Relays of this peer, for a Connect through any of them. */
  relays: () => Multiaddr[]
}

/**
 * Opens a stream to a peer: on a connection that stands, else over the addresses given, known, or found, direct ones
 * first and circuits last. With `relay`, on circuits only.
 *
 * Rejects with {@link DialError}, in words that say what was tried, also when `signal` ends it.
 */
export async function dial(
  components: DialerComponents,
  request: DialRequest,
  signal: AbortSignal,
): Promise<Dialed> {
  const peer = readPeerId(request.target.peer)
  const { addresses, failed } = readAddresses(request.target.addrs, peer)
  const circuits = request.relay === '' ? undefined : readRelay(components, request, peer)
  for (const address of [...addresses, ...(circuits ?? [])]) components.allow(address)

  const standing = findStanding(components.peer, peer, circuits)
  if (standing !== undefined) {
    try {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(STANDING_TIMEOUT_MS)])
      return await openStream(standing, request.protocol, patience)
    } catch (error) {
      // Then the addresses are tried, as if it did not stand.
      if (error instanceof DialError) throw error
      failed.push({ address: standing.remoteAddr.toString(), reason: messageOf(error) })
    }
  }

  const candidates = circuits ?? (await findAddresses(components.peer, peer, addresses, signal))
  const dialable = candidates.filter((address) => components.peer.canDial(address))
  if (dialable.length === 0) throw nothingToDial(request, candidates, failed)
  const ordered = dialable.toSorted((a, b) => rank(a) - rank(b)).slice(0, MAX_ADDRESSES)
  for (const [index, address] of ordered.entries()) {
    const timeLeftMs = request.deadlineMs - Date.now()
    const shareMs = Math.max(MIN_ADDRESS_TIMEOUT_MS, Math.floor(timeLeftMs / (ordered.length - index)))
    const patience = AbortSignal.timeout(shareMs)
    const either = AbortSignal.any([signal, patience])
    try {
      const connection = await components.peer.libp2p.dial(address, {
        signal: either,
        force: circuits !== undefined,
      })
      return await openStream(connection, request.protocol, either)
    } catch (error) {
      if (error instanceof DialError) throw error
      const reason = patience.aborted ? `no answer in ${Math.round(shareMs / 100) / 10} s` : messageOf(error)
      failed.push({ address: address.toString(), reason })
    }
    if (signal.aborted) throw new DialError(`${messageOf(signal.reason)}; ${describeAttempts(failed)}`)
  }
  throw new DialError(describeAttempts(failed))
}

/** Lower is tried first: what is direct, then what becomes direct, then what stays relayed. */
function rank(address: Multiaddr): number {
  if (WebRTC.exactMatch(address)) return 1
  return Circuit.exactMatch(address) ? 2 : 0
}

/** A connection to use without dialling: a direct one, or one over any of the circuits that were asked for. */
function findStanding(peer: Peer, id: PeerId, circuits: Multiaddr[] | undefined): Connection | undefined {
  return peer.libp2p
    .getConnections(id)
    .filter((connection) => connection.status === 'open')
    .find((connection) => {
      if (circuits === undefined) return connection.direct && connection.limits === undefined
      const relay = relayOf(connection)
      return relay !== undefined && circuits.some((circuit) => relayOf({ remoteAddr: circuit }) === relay)
    })
}

async function openStream(connection: Connection, protocol: string, signal: AbortSignal): Promise<Dialed> {
  try {
    const stream = await connection.newStream(protocol, {
      signal,
      runOnLimitedConnection: true,
      maxOutboundStreams: MAX_STREAMS_PER_PROTOCOL,
    })
    return { stream, connection }
  } catch (error) {
    if (error instanceof Error && error.name === 'UnsupportedProtocolError') {
      throw new DialError(`the peer does not serve ${protocol}`, { cause: error })
    }
    throw error
  }
}

/** The addresses given, else those known, else those that routing finds. */
async function findAddresses(
  peer: Peer,
  id: PeerId,
  given: Multiaddr[],
  signal: AbortSignal,
): Promise<Multiaddr[]> {
  if (given.length > 0) return given
  const { peerStore, peerRouting } = peer.libp2p
  const known = (await peerStore.has(id)) ? (await peerStore.get(id)).addresses : []
  if (known.length > 0) return known.map(({ multiaddr: address }) => withPeer(address, id))
  try {
    const found = await peerRouting.findPeer(id, { signal })
    return found.multiaddrs.map((address) => withPeer(address, id))
  } catch (error) {
    if (signal.aborted) throw new DialError(`${messageOf(signal.reason)}; no address of the peer was found`)
    // No routing, or nobody who knows: either way there is no address.
    if (error instanceof Error && ['NoPeerRoutersError', 'NotFoundError'].includes(error.name)) return []
    throw new DialError(`no address is known for ${id.toString()}, and it was not found: ${messageOf(error)}`)
  }
}

function nothingToDial(request: DialRequest, candidates: Multiaddr[], failed: FailedAttempt[]): DialError {
  if (failed.length > 0) return new DialError(describeAttempts(failed))
  const { peer } = request.target
  const [first] = candidates
  if (first !== undefined) {
    const count = candidates.length === 1 ? 'the one address' : `none of the ${candidates.length} addresses`
    const verb = candidates.length === 1 ? 'cannot be' : 'can be'
    return new DialError(`${count} of ${peer} ${verb} dialled from here: ${first.toString()}`)
  }
  return new DialError(
    request.relay === ''
      ? `no address is known for ${peer}: ask for its connect string`
      : `no relay is known to reach ${peer} through`,
  )
}

/** The circuit addresses through the relay that the request names. */
function readRelay(components: DialerComponents, request: DialRequest, peer: PeerId): Multiaddr[] {
  const through = (relay: Multiaddr): Multiaddr => relay.encapsulate(`/p2p-circuit/p2p/${peer.toString()}`)
  if (request.relay === '*') {
    const given = readAddresses(request.target.addrs, peer).addresses.filter((address) =>
      Circuit.exactMatch(address),
    )
    return [...given, ...components.relays().map(through)]
  }
  if (!request.relay.startsWith('/'))
    return [through(multiaddr(`/p2p/${readPeerId(request.relay).toString()}`))]
  try {
    return [through(readMultiaddr(request.relay))]
  } catch (error) {
    throw new DialError(messageOf(error), { cause: error })
  }
}

function readPeerId(text: string): PeerId {
  try {
    return peerIdFromString(text)
  } catch (error) {
    throw new DialError(
      `${JSON.stringify(text)} is not a peer ID: a character is missing, added or changed`,
      {
        cause: error,
      },
    )
  }
}

/** The addresses that can be read; one that cannot does not keep the others from being tried. */
function readAddresses(texts: string[], peer: PeerId): { addresses: Multiaddr[]; failed: FailedAttempt[] } {
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

function withPeer(address: Multiaddr, peer: PeerId): Multiaddr {
  const last = address.getComponents().at(-1)
  if (last?.name !== 'p2p') return address.encapsulate(`/p2p/${peer.toString()}`)
  if (last.value === peer.toString()) return address
  throw new Error(`it is the address of another peer than ${peer.toString()}`)
}
