import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'

/** What a dial of a multiaddr opens first. */
export interface DialEndpoint {
  /**
   * As the URL parser writes it: an IPv4 address has four decimal numbers, an IPv6 address is in brackets.
   */
  host: string
  port: string
  /** The WebSocket's URL, where it is a WebSocket. */
  url?: URL
}

/** Names of the components behind which another peer is reached over what stands before them. */
const ENDS: ReadonlySet<string> = new Set(['p2p', 'p2p-circuit'])
const HOSTS: ReadonlySet<string> = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6', 'dnsaddr'])

/**
 * Returns what a dial of `address` really opens, which its first component does not say: a WebSocket goes to
 * the name in `/sni/…`, and a URL parser takes `2130706433` or `x@192.168.0.1` for IP addresses. Undefined
 * for an address without a host.
 *
 * @throws if no URL can be made of the address, so that nobody can say what would be opened
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
