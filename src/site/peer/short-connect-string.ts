import { encodeConnectString } from '../../protocol/index.ts'

/**
 * The protocol in a connect string for the peer itself. Every libp2p peer answers it, so anyone can test the
 * connection.
 */
export const PING_PROTOCOL = '/ipfs/ping/1.0.0'

/** Total length of the addresses in a connect string. With more, phone cameras can't read its QR code. */
const MAX_ADDRESS_CHARACTERS = 300

/**
 * Returns a connect string for a peer with its most reachable addresses, or an empty string if there are no
 * addresses.
 *
 * @param protocol default {@link PING_PROTOCOL}
 */
export function connectStringOf(
  peer: string,
  addresses: readonly string[],
  protocol: string = PING_PROTOCOL,
): string {
  const addrs = selectAddresses(addresses)
  return addrs.length === 0 ? '' : encodeConnectString({ peer, protocol, addrs })
}

/** Returns the most reachable addresses, best first: at least one, and as many as fit. */
export function selectAddresses(addresses: readonly string[]): string[] {
  const selected: string[] = []
  let characters = 0
  for (const address of [...addresses].sort((one, other) => rank(one) - rank(other))) {
    characters += address.length
    if (selected.length > 0 && characters > MAX_ADDRESS_CHARACTERS) break
    selected.push(address)
  }
  return selected
}

/**
 * Ranks an address by how likely other browsers can reach it; lower is better. Private addresses come last.
 */
function rank(address: string): number {
  const isPrivate = /^\/ip4\/(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.|^\/ip6\/(::1|f[cde])/u.test(
    address,
  )
  const base = isPrivate ? 10 : 0
  if (address.endsWith('/p2p-circuit/webrtc')) return base
  if (address.endsWith('/p2p-circuit')) return base + 1
  if (/\/(wss|tls\/ws|webrtc-direct)/u.test(address)) return base + 2
  return base + 3
}
