import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'

/** The host and port that a dial of a multiaddr connects to first. */
export interface DialEndpoint {
  /** As the URL parser writes it: an IPv4 address in four decimal numbers, an IPv6 address in brackets. */
  host: string
  port: string
  /** The URL, if it is a WebSocket. */
  url?: URL
}

/** Components that end the part of an address that is dialled first. */
const ENDS: ReadonlySet<string> = new Set(['p2p', 'p2p-circuit'])
const HOSTS: ReadonlySet<string> = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6', 'dnsaddr'])

/**
 * Returns where a dial of `address` really connects to. Its first component may say otherwise: a WebSocket
 * connects to the name in `/sni/…`, and a URL parser reads `2130706433` and `x@192.168.0.1` as IP addresses.
 * Undefined for an address without a host.
 *
 * @throws Error if the address cannot be written as a URL, so that it is unknown where it leads
 */
export function dialEndpoint(address: Multiaddr): DialEndpoint | undefined {
  const components = address.getComponents()
  const end = components.findIndex(({ name }) => ENDS.has(name))
  const first = end === -1 ? components : components.slice(0, end)
  if (first.some(({ name }) => name === 'ws' || name === 'wss')) {
    const url = new URL(multiaddrToUri(first.map(({ name, value }) => textOf(name, value)).join('')))
    return { host: url.hostname, port: url.port === '' ? defaultPort(url) : url.port, url }
  }
  const host = first.find(({ name }) => HOSTS.has(name))
  if (host?.value === undefined) return undefined
  const port = first.find(({ name }) => name === 'tcp' || name === 'udp')?.value ?? ''
  const { hostname } = new URL(host.name === 'ip6' ? `ws://[${host.value}]` : `ws://${host.value}`)
  return { host: hostname, port }
}

function textOf(name: string, value: string | undefined): string {
  return value === undefined ? `/${name}` : `/${name}/${value}`
}

function defaultPort({ protocol }: URL): string {
  return protocol === 'wss:' ? '443' : '80'
}
