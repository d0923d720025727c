import { encodeConnectString } from '../../protocol/index.ts'

/** What the connect string of a peer, as such, names: every libp2p peer answers it, so that one can try to reach it. */
export const PING_PROTOCOL = '/ipfs/ping/1.0.0'

/** Characters of addresses that a connect string is given: with more, its code is too fine for a telephone's camera. */
const MAX_ADDRESS_CHARACTERS = 300

/** The connect string of a peer, or of a protocol of it, with the addresses at which others are most likely to reach it; empty if there is none. */
export function connectStringOf(
  peer: string,
  addresses: readonly string[],
  protocol: string = PING_PROTOCOL,
): string {
  const addrs = bestAddresses(addresses)
  return addrs.length === 0 ? '' : encodeConnectString({ peer, protocol, addrs })
}

/** The best first, as many as there is room for, and one at least. */
export function bestAddresses(addresses: readonly string[]): string[] {
  const best: string[] = []
  let characters = 0
  for (const address of [...addresses].sort((one, other) => rank(one) - rank(other))) {
    characters += address.length
    if (best.length > 0 && characters > MAX_ADDRESS_CHARACTERS) break
    best.push(address)
  }
  return best
}

/** A browser reaches the first kinds from anywhere, the last ones only from the same network or machine. */
function rank(address: string): number {
  const isNear = /^\/ip4\/(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.|^\/ip6\/(::1|f[cde])/u.test(
    address,
  )
  const near = isNear ? 10 : 0
  if (address.endsWith('/p2p-circuit/webrtc')) return near
  if (address.endsWith('/p2p-circuit')) return near + 1
  if (/\/(wss|tls\/ws|webrtc-direct)/u.test(address)) return near + 2
  return near + 3
}
