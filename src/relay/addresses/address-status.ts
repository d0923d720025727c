import { isPrivate } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { Circuit } from '@multiformats/multiaddr-matcher'
import type { AddressStatus } from '../../status/index.ts'

/** js-libp2p's words for where an address comes from. */
type OwnAddressType = 'transport' | 'announce' | 'observed' | 'ip-mapping' | 'dns-mapping'

/** What js-libp2p knows of an address of its own. */
export interface OwnAddress {
  multiaddr: Multiaddr
  /** It may be told to others: a private one always, a public one once somebody outside has confirmed it. */
  verified: boolean
  type: OwnAddressType
}

/** The snapshot's words for where an address comes from. */
const FROM: Readonly<Record<OwnAddressType, AddressStatus['from']>> = {
  transport: 'listen',
  announce: 'announce',
  observed: 'observed',
  'ip-mapping': 'port-mapping',
  'dns-mapping': 'domain',
}

/**
 * Others were found to reach the peer there. A circuit's address is there only while the relay's reservation
 * stands.
 */
export function isConfirmed({ multiaddr: address, verified, type }: OwnAddress): boolean {
  if (Circuit.matches(address)) return verified
  return verified && type !== 'announce' && !isPrivate(address)
}

/**
 * All addresses, each once, those that peers are told first. `told` are these, in their order; none ends in
 * the peer's own `/p2p/…`.
 */
export function addressStatuses(
  known: readonly OwnAddress[],
  told: ReadonlySet<string>,
  textOf: (address: Multiaddr) => string,
): AddressStatus[] {
  const byText = new Map<string, AddressStatus>()
  for (const own of known) {
    const address = textOf(own.multiaddr)
    const from = Circuit.matches(own.multiaddr) ? 'relay' : FROM[own.type]
    const before = byText.get(address)
    byText.set(address, {
      address,
      from: before?.from ?? from,
      confirmed: isConfirmed(own) || before?.confirmed === true,
      told: told.has(address),
    })
  }
  const toldFirst = [...told].map((address) => byText.get(address)).filter((one) => one !== undefined)
  return [...toldFirst, ...[...byText.values()].filter((one) => !one.told)]
}
