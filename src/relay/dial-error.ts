/**
 * Why a Connect failed, for the person who asked for it: `message` is the ERROR of Peer Connection Refused.
 */
export class DialError extends Error {
  override readonly name = 'DialError'
}

/** One address that was tried, and what came of it. */
export interface FailedAttempt {
  address: string
  reason: string
}

/** Attempts that are told with their address; of the others, the number. */
const MAX_TOLD_ATTEMPTS = 5
const MAX_REASON_LENGTH = 160

/** What a relay answers to who asks for a circuit, by the status of the specification that js-libp2p tells. */
const CIRCUIT_REFUSALS: Readonly<Record<string, string>> = {
  NO_RESERVATION: 'the peer has no reservation on that relay',
  RESOURCE_LIMIT_EXCEEDED: 'the relay has no circuit left',
  PERMISSION_DENIED: 'the relay does not let this peer through',
  CONNECTION_FAILED: 'the relay could not reach the peer',
}

/** Says which addresses were tried and what each attempt failed of. */
export function describeAttempts(attempts: readonly FailedAttempt[]): string {
  const told = attempts
    .slice(0, MAX_TOLD_ATTEMPTS)
    .map(({ address, reason }) => `${address} (${shorten(reason)})`)
  if (attempts.length > MAX_TOLD_ATTEMPTS) told.push(`and ${attempts.length - MAX_TOLD_ATTEMPTS} more`)
  const count = attempts.length === 1 ? '1 address tried' : `${attempts.length} addresses tried`
  return `${count}: ${told.join(', ')}`
}

function shorten(text: string): string {
  const [first = ''] = text.split('\n')
  const [, status = ''] = /^failed to connect via relay with status (\w+)$/.exec(first) ?? []
  const line = CIRCUIT_REFUSALS[status] ?? first
  return line.length > MAX_REASON_LENGTH ? `${line.slice(0, MAX_REASON_LENGTH)}…` : line
}
