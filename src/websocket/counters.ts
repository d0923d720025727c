/**
 * What went wrong on sockets, by kind. One object may be shared by all the sockets of a worker, which then tells how its
 * pages behave; the numbers only ever rise.
 */
export interface SocketCounters {
  /** Port messages that were not understood, or came at a time when they mean nothing; each was ignored. */
  malformedMessages: number
  /** Sockets dropped because the page sent more than it had credit for. */
  windowViolations: number
  /** Sockets closed with 1009 because of a message over the limit. */
  oversizedMessages: number
}

/** Counters at zero. */
export function createSocketCounters(): SocketCounters {
  return { malformedMessages: 0, windowViolations: 0, oversizedMessages: 0 }
}
