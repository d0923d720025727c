import { isPrivate } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { Circuit } from '@multiformats/multiaddr-matcher'
import type { AddressStatus } from '../../status/index.ts'

/** Where an address comes from, as js-libp2p names it. */
type OwnAddressType = 'transport' | 'announce' | 'observed' | 'ip-mapping' | 'dns-mapping'

/** An address of this peer, as js-libp2p knows it. */
export interface OwnAddress {
  multiaddr: Multiaddr
  /** It may be announced: a private address always, a public one once a peer outside has confirmed it. */
  verified: boolean
  type: OwnAddressType
}

/** Where an address comes from, as the status names it. */
const FROM: Readonly<Record<OwnAddressType, AddressStatus['from']>> = {
  transport: 'listen',
  announce: 'announce',
  observed: 'observed',
  'ip-mapping': 'port-mapping',
  'dns-mapping': 'domain',
}

/**
 * Returns whether others are known to reach the peer at an address. The address of a circuit exists only
 * while its reservation does.
 */
export function isConfirmed({ multiaddr: address, verified, type }: OwnAddress): boolean {
  if (Circuit.matches(address)) return verified
  return verified && type !== 'announce' && !isPrivate(address)
}

/**
 * Returns the status of all addresses, each once, the announced ones first. `told` are the announced
 * addresses, in order, without the peer's own `/p2p/…` at the end.
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
