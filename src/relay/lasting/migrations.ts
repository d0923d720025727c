import type { Connection, Stream } from '@libp2p/interface'
import type { LastingStream } from '../../lasting/index.ts'
import { LastingRefusedError } from '../../lasting/index.ts'
import { stateOf } from '../dialing/stream-link.ts'
import { openRawStream } from '../libp2p/early-streams.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { pause, timeoutSignal } from '../timeouts.ts'
import type { LastingLink } from './lasting-link.ts'

/** Streams of one link that move at a time. */
const MAX_MOVING = 16
/** Attempts to move the streams of a peer to a new link, and the milliseconds between them. */
const MAX_ATTEMPTS = 3
const PAUSE_MS = 1_000
/** Milliseconds to open a carrier on the new link. */
const OPEN_TIMEOUT_MS = 5_000

/** What {@link Migrations} needs. */
export interface MigrationsInit {
  log: Log
  stopping: AbortSignal
  /** The streams with a peer, and what carries each. */
  streamsWith(peer: string): Iterable<[LastingStream, LastingLink]>
  migrate(stream: LastingStream, carrier: Stream): Promise<void>
  /** Called with a link that opened no carrier, or whose other end did not answer on it. */
  suspect(link: Connection): void
  /** Whether the other end of a link hasn't answered. */
  isSilent(link: Connection): boolean
  /** Called with each carrier before it is used. */
  opened(carrier: Stream, link: Connection): void
}

/** Moves lasting streams to a better link as soon as it is open. */
export class Migrations {
  readonly #init: MigrationsInit

  constructor(init: MigrationsInit) {
    this.#init = init
  }

  /**
   * Moves the streams that this side has opened to a new link if it is better than theirs. Does not reject.
   */
  async moveTo(link: Connection): Promise<void> {
    const { log, stopping } = this.#init
    for (let attempt = 1; attempt <= MAX_ATTEMPTS && this.#isUsable(link); attempt += 1) {
      const streams = this.#movableTo(link)
      if (streams.length === 0) return
      await Promise.all(
        Array.from({ length: MAX_MOVING }, async () => {
          for (let stream = streams.pop(); stream !== undefined; stream = streams.pop())
            await this.#move(stream, link)
        }),
      )
      try {
        // A signal of its own: many links may wait, and Node warns of many listeners.
        await pause(PAUSE_MS, AbortSignal.any([stopping]))
      } catch (error) {
        log('debug', `no stream moves any more: ${messageOf(error)}`)
        return
      }
    }
  }

  #isUsable(link: Connection): boolean {
    return link.status === 'open' && !this.#init.isSilent(link)
  }

  #movableTo(link: Connection): LastingStream[] {
    return [...this.#init.streamsWith(link.remotePeer.toString())]
      .filter(
        ([stream, { connection, wishes }]) =>
          // The other side moves those that it has opened. Those that wait for a carrier are resumed.
          stream.direction === 'outbound' &&
          wishes.relay === '' &&
          connection !== undefined &&
          rankOf(link) > rankOf(connection),
      )
      .map(([stream]) => stream)
  }

  async #move(stream: LastingStream, link: Connection): Promise<void> {
    const { log, stopping } = this.#init
    try {
      const signal = AbortSignal.any([stopping, timeoutSignal(OPEN_TIMEOUT_MS)])
      const carrier = await openRawStream(link, signal)
      this.#init.opened(carrier, link)
      await this.#init.migrate(stream, carrier)
    } catch (error) {
      log('debug', `a stream stays on its link: ${messageOf(error)}`)
      if (!(error instanceof LastingRefusedError) && !stopping.aborted) this.#init.suspect(link)
    }
  }
}

/** The larger, the better: direct links, then circuits without limits, then those that will end. */
export function rankOf(link: Connection): number {
  if (link.limits !== undefined) return 0
  return stateOf(link) === 'direct' ? 2 : 1
}
