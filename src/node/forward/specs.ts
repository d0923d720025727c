import { multiaddr } from '@multiformats/multiaddr'
import type { PeerAddress } from '../../protocol/index.ts'
import { decodeConnectString } from '../../protocol/index.ts'
import { readPeerAddress, readPeerId, refusalOfDialledProtocol, refusalOfListen } from '../../relay/index.ts'
import { oneLine } from '../command-error.ts'

/** A TCP service. */
export interface TcpEndpoint {
  host: string
  port: number
}

/** `-forward`: streams that peers open for a protocol go to a TCP service. */
export interface ForwardSpec {
  protocol: string
  to: TcpEndpoint
}

/** A protocol of a peer. */
export interface TargetSpec {
  target: PeerAddress
  protocol: string
}

/** `-tunnel`: TCP connections to a local port go to a protocol of a peer. */
export interface TunnelSpec extends TargetSpec {
  listen: TcpEndpoint
}

/** Which peers may use what is forwarded: those with these IDs, or any. */
export type AllowedPeers = 'any' | ReadonlySet<string>

/** Returns `HOST:PORT`, with brackets around an IPv6 address. */
export function endpointText({ host, port }: TcpEndpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

const LOOPBACK = '127.0.0.1'
const MULTIADDR_AND_PROTOCOL = /^(?<address>\/.*\/p2p\/[^/]+)(?<protocol>\/.*)$/u
const PEER_AND_PROTOCOL = /^(?<peer>[\da-zA-Z]+)(?<protocol>\/.*)$/u

/**
 * Parses `PROTOCOL=HOST:PORT`. IPv6 addresses are in brackets, as in URLs.
 *
 * @throws Error that says what is wrong
 */
export function parseForward(text: string): ForwardSpec {
  const equals = text.lastIndexOf('=')
  if (equals === -1) throw new Error('it must be of the form PROTOCOL=HOST:PORT')
  const protocol = text.slice(0, equals)
  assertAllowed(refusalOfListen(protocol))
  const to = parseEndpoint(text.slice(equals + 1))
  if (to?.host === undefined || to.port === 0) throw new Error('what follows the = must be HOST:PORT')
  return { protocol, to: { host: to.host, port: to.port } }
}

/**
 * Parses `[HOST:]PORT=TARGET/PROTOCOL`. TARGET is a peer ID, or a multiaddr ending in `/p2p/ID`. A connect
 * string names the protocol itself. HOST is 127.0.0.1 by default, and port 0 chooses a free one.
 *
 * @throws Error that says what is wrong
 */
export function parseTunnel(text: string): TunnelSpec {
  const equals = text.indexOf('=')
  if (equals === -1) throw new Error('it must be of the form PORT=TARGET/PROTOCOL')
  const listen = parseEndpoint(text.slice(0, equals))
  if (listen === undefined) throw new Error('what precedes the = must be PORT or HOST:PORT')
  return {
    listen: { host: listen.host ?? LOOPBACK, port: listen.port },
    ...parseTarget(text.slice(equals + 1)),
  }
}

/** Parses the value of `-allow`: a peer ID, or `any`. Throws an Error that says what is wrong. */
export function parseAllowed(text: string): string {
  return text === 'any' ? text : readPeerId(text).toString()
}

/**
 * Parses `TARGET/PROTOCOL`. TARGET is a peer ID, or a multiaddr ending in `/p2p/ID`. A connect string names
 * the protocol itself.
 *
 * @throws Error that says what is wrong
 */
export function parseTarget(text: string): TargetSpec {
  const spec = readTarget(text)
  assertAllowed(refusalOfDialledProtocol(spec.protocol))
  return spec
}

function readTarget(text: string): TargetSpec {
  const { address, protocol: afterAddress = '' } = MULTIADDR_AND_PROTOCOL.exec(text)?.groups ?? {}
  if (address !== undefined) {
    const read = readPeerAddress(address)
    const peer = multiaddr(read).getComponents().at(-1)?.value ?? ''
    return { target: { peer, addrs: [read] }, protocol: afterAddress }
  }
  const { peer, protocol: afterPeer = '' } = PEER_AND_PROTOCOL.exec(text)?.groups ?? {}
  if (peer !== undefined) {
    return { target: { peer: readPeerId(peer).toString(), addrs: [] }, protocol: afterPeer }
  }
  if (text.startsWith('/')) throw new Error('its multiaddr must end in /p2p/ID, before the protocol')
  try {
    const { peer: id, addrs, protocol } = decodeConnectString(text)
    return { target: { peer: readPeerId(id).toString(), addrs }, protocol }
  } catch (error) {
    throw new Error(
      `the target must be a peer ID or a multiaddr, followed by the protocol, such as 12D3…/x/ssh, or a connect string: ${oneLine(error)}`,
      { cause: error },
    )
  }
}

function assertAllowed(refusal: string | undefined): void {
  if (refusal !== undefined) throw new Error(refusal)
}

/** Parses `HOST:PORT` or `PORT`. Returns undefined if it is neither. */
function parseEndpoint(text: string): { host: string | undefined; port: number } | undefined {
  const match = /^(?:(?<host>\[[\da-fA-F:.]+\]|[^:[\]]+):)?(?<port>\d{1,5})$/u.exec(text)?.groups
  const port = Number(match?.['port'])
  if (match === undefined || port > 65_535) return undefined
  return { host: match['host']?.replace(/^\[|\]$/gu, ''), port }
}
