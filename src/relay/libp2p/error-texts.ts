import { messageOf } from '../log.ts'

/** How each engine words the TypeError of js-libp2p's key reader for a key of an unknown kind. */
const UNKNOWN_KEY = /^(?:Cannot read propert|can't access property|undefined is not an object)|is undefined$/u

/** Returns the status (circuit relay v2 specification) with which a circuit relay refused a reservation. */
export function reservationStatusOf(error: unknown): string | undefined {
  return /reservation failed with status (\w+)/u.exec(messageOf(error))?.[1]
}

/** Returns the status (circuit relay v2 specification) with which a circuit relay refused a circuit. */
export function circuitStatusOf(error: unknown): string | undefined {
  return /^failed to connect via relay with status (\w+)$/u.exec(firstLineOf(error))?.[1]
}

/** Returns whether js-libp2p gave up because of a timeout or an abort. */
export function isTimeout(error: unknown): boolean {
  return /TimeoutError|AbortError|timed out|aborted/u.test(messageOf(error))
}

/** Returns whether a handshake failed because the peer's key is of a kind that js-libp2p cannot read. */
export function isUnknownKey(error: unknown): boolean {
  const name = error instanceof Error ? error.name : ''
  return name === 'EncryptionFailedError' && UNKNOWN_KEY.test(firstLineOf(error))
}

/** Returns the first reason in an error about several addresses, or else the first line of its message. */
export function firstReasonOf(error: unknown): string {
  const [, reason] = /^\s*\/\S+: \w*(?:Error|Exception): (.*)$/mu.exec(messageOf(error)) ?? []
  return reason ?? firstLineOf(error)
}

function firstLineOf(error: unknown): string {
  return messageOf(error).split('\n')[0] ?? ''
}
