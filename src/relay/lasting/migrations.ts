import type { Connection, Stream } from '@libp2p/interface'
import type { LastingStream } from '../../lasting/index.ts'
import { LastingRefusedError } from '../../lasting/index.ts'
import { stateOf } from '../dialing/stream-link.ts'
import { openRawStream } from '../libp2p/early-streams.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import { pause, timeoutSignal } from '../timeouts.ts'
import type { LastingLink } from './lasting-link.ts'

/** The most streams that move to a link at the same time. */
const MAX_MOVING = 16
/**
 * The most attempts to move a peer's streams to a new link, and the pause between attempts in milliseconds.
 */
const MAX_ATTEMPTS = 3
const PAUSE_MS = 1_000
/**
 * Milliseconds for a link to answer, before a stream that moves there may move to another new link instead.
 */
const ANSWER_MS = 1_000
/** Milliseconds to open a carrier on the new link. */
const OPEN_TIMEOUT_MS = 5_000

/** What {@link Migrations} needs. */
export interface MigrationsInit {
  log: Log
  stopping: AbortSignal
  /** Returns the streams with a peer, and their links. */
  streamsWith(peer: string): Iterable<[LastingStream, LastingLink]>
  migrate(stream: LastingStream, carrier: Stream): Promise<void>
  /** Called with a link on which no carrier could be opened, or on which the peer didn't answer. */
  suspect(link: Connection): void
  /** Whether the peer at the other end of a link has stopped answering. */
  isSilent(link: Connection): boolean
  /** Called with each carrier before it is used. */
  opened(carrier: Stream, link: Connection): void
}

/** A request to the other side to continue a stream over a link. */
interface Move {
  link: Connection
  sinceMs: number
  /** Aborted if the stream moves to another link instead. */
  replaced: AbortController
}

/** Moves lasting streams to a better link as soon as it is open. */
export class Migrations {
  readonly #init: MigrationsInit
  /** Streams that are moving. A second request would end the first. */
  readonly #moving = new Map<LastingStream, Move>()

  constructor(init: MigrationsInit) {
    this.#init = init
  }

  /**
   * Moves streams that this side opened to a new link, if it is better than their current one. Never rejects.
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
        // Many links may wait at the same time. A separate signal for each avoids Node's warning about too
        // many listeners.
        await pause(PAUSE_MS, AbortSignal.any([stopping]))
      } catch (error) {
        log('debug', `moving streams has stopped: ${messageOf(error)}`)
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
          // The other side moves the streams that it opened. Interrupted streams are resumed instead.
          stream.direction === 'outbound' &&
          wishes.relay === '' &&
          connection !== undefined &&
          rankOf(link) > rankOf(connection),
      )
      .map(([stream]) => stream)
  }

  async #move(stream: LastingStream, link: Connection): Promise<void> {
    const { log, stopping } = this.#init
    const former = this.#moving.get(stream)
    if (former !== undefined) {
      // Two links may have opened together, and one of them may be dead. If this one is still better
      // afterwards, the next attempt moves to it.
      if (former.link === link || performance.now() - former.sinceMs < ANSWER_MS) return
      former.replaced.abort(new Error('the stream moves to another link instead'))
    }
    const move: Move = { link, sinceMs: performance.now(), replaced: new AbortController() }
    this.#moving.set(stream, move)
    try {
      const signal = AbortSignal.any([stopping, move.replaced.signal, timeoutSignal(OPEN_TIMEOUT_MS)])
      const carrier = await openRawStream(link, signal)
      if (signal.aborted) carrier.abort(new Error('the stream does not move here', { cause: signal.reason }))
      signal.throwIfAborted()
      this.#init.opened(carrier, link)
      await this.#init.migrate(stream, carrier)
    } catch (error) {
      log('debug', `a stream could not be moved to a better link: ${messageOf(error)}`)
      if (!(error instanceof LastingRefusedError) && !stopping.aborted) this.#init.suspect(link)
    } finally {
      if (this.#moving.get(stream) === move) this.#moving.delete(stream)
    }
  }
}

/** Returns how good a link is. Direct links are best, then circuits without limits, then limited circuits. */
export function rankOf(link: Connection): number {
  if (link.limits !== undefined) return 0
  return stateOf(link) === 'direct' ? 2 : 1
}
