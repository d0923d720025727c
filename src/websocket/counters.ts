/** Counts what went wrong on sockets. All sockets of a worker may share one object. The numbers only rise. */
export interface SocketCounters {
  /** Port messages that were malformed or came at the wrong time. Each was ignored. */
  malformedMessages: number
  /** Sockets that were dropped because the page sent more than its credit allowed. */
  windowViolations: number
  /** Sockets that were closed with code 1009 because a message exceeded the limit. */
  oversizedMessages: number
}

/** Returns counters at zero. */
export function createSocketCounters(): SocketCounters {
  return { malformedMessages: 0, windowViolations: 0, oversizedMessages: 0 }
}
