/**
 * A Connect that failed. `message` is shown to the page's author: it is the ERROR of Peer Connection Refused.
 */
export class DialError extends Error {
  override readonly name = 'DialError'
}

/** One address that was tried, and why it failed. */
export interface FailedAttempt {
  address: string
  reason: string
}

/** Attempts that a message describes. The others are only counted. */
const MAX_DESCRIBED_ATTEMPTS = 5
const MAX_REASON_LENGTH = 160

/** Describes the first attempts, each with its address and reason, and counts the others. */
export function describeAttempts(attempts: readonly FailedAttempt[]): string {
  const described = attempts
    .slice(0, MAX_DESCRIBED_ATTEMPTS)
    .map(({ address, reason }) => `${address} (${shorten(reason)})`)
  if (attempts.length > MAX_DESCRIBED_ATTEMPTS)
    described.push(`and ${attempts.length - MAX_DESCRIBED_ATTEMPTS} more`)
  const count = attempts.length === 1 ? '1 address tried' : `${attempts.length} addresses tried`
  return `${count}: ${described.join(', ')}`
}

function shorten(text: string): string {
  return text.length > MAX_REASON_LENGTH ? `${text.slice(0, MAX_REASON_LENGTH)}…` : text
}
