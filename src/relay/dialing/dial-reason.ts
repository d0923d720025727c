import type { Multiaddr } from '@multiformats/multiaddr'
import { localSpaceOf } from '../addresses/local-space.ts'
import { circuitStatusOf, isUnknownKey } from '../libp2p/error-texts.ts'
import { messageOf } from '../log.ts'

/** What a relay answers to who asks for a circuit, by the status of the specification that js-libp2p tells. */
const CIRCUIT_REFUSALS: Readonly<Record<string, string>> = {
  NO_RESERVATION: 'the peer has no reservation on that relay',
  RESOURCE_LIMIT_EXCEEDED: 'the relay has no circuit left',
  PERMISSION_DENIED: 'the relay does not let this peer through',
  CONNECTION_FAILED: 'the relay could not reach the peer',
}

/** Why an attempt to dial this address failed, for the person who asked for it: one line. */
export function reasonOfDial(error: unknown, address: Multiaddr): string {
  const [first = ''] = messageOf(error).split('\n')
  const name = error instanceof Error ? error.name : ''
  if (name === 'DialDeniedError') {
    return localSpaceOf(address) === undefined
      ? 'it is not encrypted, and neither this site nor its user has named it'
      : 'it is in the local network, and neither this site nor its user has named it'
  }
  if (isUnknownKey(error)) return 'the peer has a key of a kind that cannot be read here, such as ECDSA'
  return CIRCUIT_REFUSALS[circuitStatusOf(error) ?? ''] ?? first
}
