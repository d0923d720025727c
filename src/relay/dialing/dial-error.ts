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
  return text.length > MAX_REASON_LENGTH ? `${text.slice(0, MAX_REASON_LENGTH)}…` : text
}
