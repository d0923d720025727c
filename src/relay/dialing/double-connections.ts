import type { Connection } from '@libp2p/interface'
import { Circuit } from '@multiformats/multiaddr-matcher'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { Peer } from '../peer.ts'

/** Milliseconds that an older connection has to answer once there is a newer one. */
const ANSWER_TIMEOUT_MS = 2_000
/** Older connections that are asked at a time; further ones are left to the connection monitor, half a minute later. */
const MAX_ASKED = 256

/**
 * Ends connections that are dead when their peer has come anew.
 *
 * A peer whose network has changed comes on a new connection, while nobody has told this side that the old one is dead. For as
 * long as it stands, js-libp2p prefers it: a relay sends circuits there.
 */
export class DoubleConnections {
  readonly #peer: Peer
  readonly #log: Log
  readonly #stopping = new AbortController()
  readonly #asked = new Set<Connection>()

  constructor(peer: Peer, log: Log) {
    this.#peer = peer
    this.#log = log
    const { signal } = this.#stopping
    peer.libp2p.addEventListener('connection:open', ({ detail }) => this.#askOlder(detail), { signal })
  }

  stop(): void {
    this.#stopping.abort(new Error('the peer stops'))
  }

  #askOlder(newer: Connection): void {
    if (Circuit.matches(newer.remoteAddr)) return
    for (const older of this.#peer.libp2p.getConnections(newer.remotePeer)) {
      if (older === newer || older.status !== 'open' || Circuit.matches(older.remoteAddr)) continue
      if (!this.#asked.has(older) && this.#asked.size < MAX_ASKED) void this.#ask(older)
    }
  }

  async #ask(older: Connection): Promise<void> {
    this.#asked.add(older)
    try {
      if (await this.#peer.isAlive(older, ANSWER_TIMEOUT_MS, this.#stopping.signal)) return
      this.#log('debug', `an older connection to ${older.remotePeer.toString()} is dead`)
      // Two seconds are short for a slow link. One that carries something is left to the connection monitor.
      this.#peer.release(older, new Error('the peer has come anew, and does not answer here'))
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        this.#log('warn', `an older connection was not checked: ${messageOf(error)}`)
    } finally {
      this.#asked.delete(older)
    }
  }
}
