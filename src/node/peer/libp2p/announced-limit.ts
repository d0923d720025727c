import type { CircuitRelayLimits } from '../circuit-relay-limits.ts'

/** The limit of a circuit in a message of the circuit relay v2 specification: in bytes and seconds. */
export interface AnnouncedLimit {
  data?: bigint
  duration?: number
}

/** Writes messages of one kind, as js-libp2p's server uses it. */
interface MessageWriter {
  write(message: object, options?: unknown): Promise<void>
}

/** A stream of messages, as js-libp2p's server uses it. */
export interface MessageStream {
  pb(codec: unknown): MessageWriter
}

/**
 * Returns the limits that a circuit relay announces: those that its user has set. The default limits are
 * enforced but not announced, because go-libp2p refuses ordinary streams on every circuit with an announced
 * limit, however large.
 */
export function announcedLimit({
  circuitBytes = 0,
  circuitMs = 0,
}: Partial<CircuitRelayLimits>): AnnouncedLimit | undefined {
  if (circuitBytes === 0 && circuitMs === 0) return undefined
  return {
    ...(circuitBytes === 0 ? {} : { data: BigInt(circuitBytes) }),
    ...(circuitMs === 0 ? {} : { duration: Math.ceil(circuitMs / 1_000) }),
  }
}

/**
 * Returns the message with the announced limit. js-libp2p's server would send the limit that it enforces, and
 * its duration in milliseconds.
 */
export function withLimit<T extends object>(message: T, limit: AnnouncedLimit | undefined): T {
  return 'limit' in message ? { ...message, limit } : message
}

/** Returns a stream on which js-libp2p's server writes the announced limit. */
export function announcing<T extends MessageStream>(stream: T, limit: AnnouncedLimit | undefined): T {
  const pb = (codec: unknown): MessageWriter => {
    const messages = stream.pb(codec)
    return {
      ...messages,
      write: async (message, options) => messages.write(withLimit(message, limit), options),
    }
  }
  return { ...stream, pb }
}
