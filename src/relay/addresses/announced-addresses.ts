import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * Bytes of all addresses that a peer tells others, as identify has them: twice, in a message of 8 KiB at
 * most, beside the names of its protocols. As text they are some 4,000 characters, and a connect string may
 * have 32,768.
 */
const MAX_TOLD_BYTES = 1_536

/**
 * The addresses that a peer tells others, of those that are known: its own first, then those through relays.
 * Each relay's first address comes before any other's second, so that a relay with many addresses leaves room
 * for the others. Within a relay they stay in order.
 */
export function announcedAddresses(known: readonly Multiaddr[]): Multiaddr[] {
  const own = known.filter((address) => circuitRelayIn(address) === undefined)
  const counts = new Map<string, number>()
  const circuits = known
    .filter((address) => !own.includes(address))
    .map((address) => {
      // The addresses for WebRTC are those for circuits with a word more, and count by themselves.
      const { length } = address.getComponents().filter(({ name }) => name === 'webrtc')
      const key = `${circuitRelayIn(address)} ${length}`
      const round = counts.get(key) ?? 0
      counts.set(key, round + 1)
      return { address, round }
    })
    .toSorted((one, other) => one.round - other.round)
  const first = circuits.filter(({ round }) => round === 0).map(({ address }) => address)
  const all = circuits.map(({ address }) => address)
  const chosen = new Set<Multiaddr>()
  let bytes = 0
  for (const address of new Set([...first, ...own, ...all])) {
    const { byteLength } = address.bytes
    if (bytes + byteLength > MAX_TOLD_BYTES) continue
    bytes += byteLength
    chosen.add(address)
  }
  return [...own, ...all].filter((address) => chosen.has(address))
}

/**
 * The peer ID of the relay that an address leads through, or through which its WebRTC connection begins;
 * undefined for other addresses.
 */
export function circuitRelayIn(address: Multiaddr): string | undefined {
  const components = address.getComponents()
  const circuit = components.findIndex(({ name }) => name === 'p2p-circuit')
  if (circuit < 0) return undefined
  return components.slice(0, circuit).findLast(({ name }) => name === 'p2p')?.value ?? ''
}
