import { encodeConnectString } from '../../protocol/index.ts'

/**
 * The protocol in a connect string for the peer itself. Every libp2p peer answers it, so anyone can test the
 * connection.
 */
export const PING_PROTOCOL = '/ipfs/ping/1.0.0'

/** Total length of the addresses in a connect string. With more, phone cameras can't read its QR code. */
const MAX_ADDRESS_CHARACTERS = 300

/** Options of {@link connectStringOf}. */
export interface ConnectStringInit {
  /** Default: {@link PING_PROTOCOL}. */
  protocol?: string
  /** Whether the connect string is only used on this machine, where loopback addresses lead to the peer. */
  isForThisMachine?: boolean
}

/**
 * Returns a connect string for a peer with its most reachable addresses, or an empty string if there are no
 * addresses.
 */
export function connectStringOf(
  peer: string,
  addresses: readonly string[],
  { protocol = PING_PROTOCOL, isForThisMachine = false }: ConnectStringInit = {},
): string {
  const addrs = selectAddresses(addresses, isForThisMachine)
  return addrs.length === 0 ? '' : encodeConnectString({ peer, protocol, addrs })
}

/**
 * Returns the most reachable addresses, best first and each once: at least one, and as many as fit. Loopback
 * addresses lead nowhere on another machine, so they are left out there, unless there are no others.
 */
export function selectAddresses(addresses: readonly string[], isForThisMachine = false): string[] {
  const far = addresses.filter((address) => !LOOPBACK.test(address))
  const usable = isForThisMachine || far.length === 0 ? addresses : far
  const selected: string[] = []
  let characters = 0
  for (const address of [...new Set(usable)].toSorted((one, other) => rank(one) - rank(other))) {
    characters += address.length
    if (selected.length > 0 && characters > MAX_ADDRESS_CHARACTERS) break
    selected.push(address)
  }
  return selected
}

const LOOPBACK = /^\/(?:ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/u

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
