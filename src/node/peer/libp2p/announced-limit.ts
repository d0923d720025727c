import type { RelayLimits } from '../relay-limits.ts'

/**
 * The limit of a circuit as the circuit relay specification (v2) has it in its messages: bytes, and seconds.
 */
export interface AnnouncedLimit {
  data?: bigint
  duration?: number
}

/** What writes messages of one kind on a stream, as js-libp2p's server uses it. */
interface MessageWriter {
  write(message: object, options?: unknown): Promise<void>
}

/** A stream of messages, as js-libp2p's server uses it. */
export interface MessageStream {
  pb(codec: unknown): MessageWriter
}

/**
 * What a relay announces of its limits: those that its operator has set. Those that hold by default are only
 * enforced, as Go's libp2p refuses ordinary streams on every circuit with an announced limit, however large.
 */
export function announcedLimit({
  circuitBytes = 0,
  circuitMs = 0,
}: Partial<RelayLimits>): AnnouncedLimit | undefined {
  if (circuitBytes === 0 && circuitMs === 0) return undefined
  return {
    ...(circuitBytes === 0 ? {} : { data: BigInt(circuitBytes) }),
    ...(circuitMs === 0 ? {} : { duration: Math.ceil(circuitMs / 1_000) }),
  }
}

/**
 * The same message with the limit that is announced in the place of the one that js-libp2p's server enforces,
 * in milliseconds.
 */
export function withLimit<T extends object>(message: T, limit: AnnouncedLimit | undefined): T {
  return 'limit' in message ? { ...message, limit } : message
}

/** The same stream, on which js-libp2p's server writes the limit that is announced. */
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
