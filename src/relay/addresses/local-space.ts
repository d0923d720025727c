import type { Multiaddr } from '@multiformats/multiaddr'
import ipaddr from 'ipaddr.js'
import type { LocalSpace, ReservationStatus } from '../../status/index.ts'
import { dialEndpoint } from './dial-endpoint.ts'

/** Names of this machine (RFC 6761). */
const LOOPBACK_NAME = /(?:^|\.)localhost$/u
/**
 * Names of the local network: those of multicast DNS (RFC 6762) and of home networks (RFC 8375), those that
 * routers and offices use and the internet does not, and names without a dot.
 */
const LOCAL_NAME =
  /(?:^|\.)(?:local|home\.arpa|internal|lan|home|corp|intranet|private|localdomain|fritz\.box)$|^[^.]+$/u
/**
 * An IPv4 address within a name, as in `192-168-0-1.….libp2p.direct`. Some services resolve such a name to
 * that address.
 */
const IPV4_IN_NAME = /(?:^|[.-])(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})(?=[.-])/u
/** The first 12 bytes of the IPv6 addresses that NAT64 translates to IPv4 (RFC 6052). */
const NAT64 = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]

/**
 * Returns where a dial of `address` leads if not to the internet. Undefined for the internet, as far as can
 * be known without DNS. An address that cannot be parsed counts as local.
 */
export function localSpaceOf(address: Multiaddr): LocalSpace | undefined {
  try {
    const endpoint = dialEndpoint(address)
    if (endpoint === undefined) return undefined
    return spaceOfHost(endpoint.host) ?? spaceInName(endpoint.host)
  } catch {
    // The address cannot be written as a URL, so it is unknown where it leads.
    return 'local'
  }
}

/**
 * Returns where a host is if not on the internet. `host` is the `hostname` of a URL. A name that only
 * contains an IP address counts as one on the internet, as anybody may have such a name.
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

/** Returns the WebSocket addresses that are not on the internet. */
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
  // Dialling the unspecified address reaches this machine.
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
