import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * Bytes of all announced addresses together. Identify sends them twice, with the names of the protocols, in a
 * message of at most 8 KiB. As text they have some 4,000 characters, and a connect string may have 32,768.
 */
const MAX_TOLD_BYTES = 1_536

/**
 * Chooses the addresses that this peer announces: those of its own first, then those through circuit relays.
 *
 * The first address through each circuit relay comes before the second of any, so that a circuit relay with
 * many addresses leaves room for the others. The addresses through one circuit relay stay in order.
 */
export function announcedAddresses(known: readonly Multiaddr[]): Multiaddr[] {
  const own = known.filter((address) => circuitRelayIn(address) === undefined)
  const counts = new Map<string, number>()
  const circuits = known
    .filter((address) => !own.includes(address))
    .map((address) => {
      // Each circuit address exists with /webrtc too. Those are counted separately.
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
 * Returns the peer ID of the circuit relay in a circuit address or in a WebRTC address that starts on a
 * circuit. Undefined for other addresses.
 */
export function circuitRelayIn(address: Multiaddr): string | undefined {
  const components = address.getComponents()
  const circuit = components.findIndex(({ name }) => name === 'p2p-circuit')
  if (circuit < 0) return undefined
  return components.slice(0, circuit).findLast(({ name }) => name === 'p2p')?.value ?? ''
}
