import type { Multiaddr } from '@multiformats/multiaddr'

/** Groups of sixteen bits in an IPv6 address, and how many of them are the prefix of a customer, a /64. */
const IP6_GROUPS = 8
const IP6_PREFIX_GROUPS = 4

/**
 * Returns what identifies one host for a limit per address: its IPv4 address, even if written as IPv6; the
 * /64 of its IPv6 address, as one host may use all addresses in it; else the name that was dialled.
 */
export function addressGroup(address: Multiaddr): string {
  for (const { name, value } of address.getComponents()) {
    if (value === undefined) continue
    if (name === 'ip6') return ip6Group(value)
    if (name === 'ip4' || name.startsWith('dns')) return value
  }
  return address.toString()
}

function ip6Group(text: string): string {
  const [, ip4] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(text) ?? []
  if (ip4 !== undefined) return ip4
  const [head = [], tail = []] = text
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''))
  const zeros = Array.from({ length: Math.max(0, IP6_GROUPS - head.length - tail.length) }, () => '0')
  const groups = [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16))
  const [, , , , , mapped, high = 0, low = 0] = groups
  if (mapped === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
  }
  const prefix = groups.slice(0, IP6_PREFIX_GROUPS).map((group) => group.toString(16))
  return `${prefix.join(':')}::/64`
}
