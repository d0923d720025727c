import type { Multiaddr } from '@multiformats/multiaddr'
import { localSpaceOf } from '../addresses/local-space.ts'
import { circuitStatusOf, isUnknownKey } from '../libp2p/error-texts.ts'
import { messageOf } from '../log.ts'

/** Why a circuit relay refused a circuit, by the status code of the circuit relay specification. */
const CIRCUIT_REFUSALS: Readonly<Record<string, string>> = {
  NO_RESERVATION: 'the peer has no reservation on that circuit relay',
  RESOURCE_LIMIT_EXCEEDED: 'the circuit relay has no circuit left',
  PERMISSION_DENIED: 'the circuit relay does not let this peer through',
  CONNECTION_FAILED: 'the circuit relay could not reach the peer',
}

/** Returns in one line why an address could not be dialled, in words for the page's author. */
export function reasonOfDial(error: unknown, address: Multiaddr): string {
  const [first = ''] = messageOf(error).split('\n')
  const name = error instanceof Error ? error.name : ''
  if (name === 'DialDeniedError') {
    return localSpaceOf(address) === undefined
      ? 'it is not encrypted, and neither this site nor its user named it'
      : 'it is in the local network, and neither this site nor its user named it'
  }
  if (isUnknownKey(error)) return 'the peer uses an unsupported key type, such as ECDSA'
  return CIRCUIT_REFUSALS[circuitStatusOf(error) ?? ''] ?? first
}
