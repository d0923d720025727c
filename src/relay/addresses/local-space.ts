import type { Multiaddr } from '@multiformats/multiaddr'
import ipaddr from 'ipaddr.js'
import type { LocalSpace, ReservationStatus } from '../../status/index.ts'
import { dialEndpoint } from './dial-endpoint.ts'

/** Names of this machine (RFC 6761). */
const LOOPBACK_NAME = /(?:^|\.)localhost$/u
/**
 * Names of the local network: those of multicast DNS (RFC 6762) and of home networks (RFC 8375), the ones
 * that routers and offices give out and the internet does not, and names without a dot.
 */
const LOCAL_NAME =
  /(?:^|\.)(?:local|home\.arpa|internal|lan|home|corp|intranet|private|localdomain|fritz\.box)$|^[^.]+$/u
/**
 * An IPv4 address within a name, as in `192-168-0-1.….libp2p.direct`: services answer such a name with that
 * address.
 */
const IPV4_IN_NAME = /(?:^|[.-])(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})(?=[.-])/u
/** The first 12 bytes of the addresses that lead to IPv4 hosts through NAT64 (RFC 6052). */
const NAT64 = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]

/**
 * Where a dial of `address` leads if that is not the internet. Undefined for the internet, as far as one sees
 * without asking a resolver. What cannot be read counts as local.
 */
export function localSpaceOf(address: Multiaddr): LocalSpace | undefined {
  try {
    const endpoint = dialEndpoint(address)
    if (endpoint === undefined) return undefined
    return spaceOfHost(endpoint.host) ?? spaceInName(endpoint.host)
  } catch {
    // No URL can be made of it, so nobody knows what would be dialled.
    return 'local'
  }
}

/**
 * Where a host is that is not on the internet. `host` is a URL's `hostname`. A name that merely contains an
 * IP address counts as one of the internet here, as anybody may have such a name.
 */
export function spaceOfHost(host: string): LocalSpace | undefined {
  const name = host.toLowerCase().replace(/\.$/u, '')
  const text = name.replace(/^\[|\]$/gu, '')
  if (ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)) {
    return spaceOfIp(ipaddr.parse(text))
  }
  if (LOOPBACK_NAME.test(name)) return 'loopback'
  return LOCAL_NAME.test(name) ? 'local' : undefined
}

/** The WebSockets among the addresses that are not on the internet. */
export function localWebSockets(addresses: readonly Multiaddr[]): ReservationStatus['local'] {
  return addresses.flatMap((address) => {
    const space = localSpaceOf(address)
    const url = space === undefined ? undefined : dialEndpoint(address)?.url
    return space === undefined || url === undefined ? [] : [{ space, url: url.href.replace(/\/$/u, '') }]
  })
}

function spaceOfIp(given: ipaddr.IPv4 | ipaddr.IPv6): LocalSpace | undefined {
  const ip = given instanceof ipaddr.IPv6 && given.isIPv4MappedAddress() ? given.toIPv4Address() : given
  const range = ip.range()
  // A dial of the unspecified address reaches this machine.
  if (range === 'loopback' || range === 'unspecified') return 'loopback'
  const bytes = ip.toByteArray()
  if (bytes.length === 4) return range === 'unicast' ? undefined : 'local'
  if (NAT64.every((byte, index) => bytes[index] === byte)) {
    return ipaddr.fromByteArray(bytes.slice(12)).range() === 'unicast' ? undefined : 'local'
  }
  const isGlobal = ((bytes[0] ?? 0) & 0xe0) === 0x20
  return isGlobal && range === 'unicast' ? undefined : 'local'
}

function spaceInName(name: string): LocalSpace | undefined {
  const [, ...parts] = IPV4_IN_NAME.exec(name) ?? []
  const [ipv4, ipv6] = [parts.join('.'), name.split('.')[0]?.replaceAll('-', ':') ?? '']
  if (ipaddr.IPv4.isValidFourPartDecimal(ipv4)) return spaceOfIp(ipaddr.parse(ipv4))
  return ipaddr.IPv6.isValid(ipv6) ? spaceOfIp(ipaddr.parse(ipv6)) : undefined
}
