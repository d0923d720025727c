import type { Connection } from '@libp2p/interface'
import { Circuit } from '@multiformats/multiaddr-matcher'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { Peer } from '../peer.ts'

/** Milliseconds in which an older connection must answer once there is a newer one. */
const ANSWER_TIMEOUT_MS = 2_000
/**
 * Older connections that are checked at the same time. The connection monitor finds further ones within half
 * a minute.
 */
const MAX_ASKED = 256

/**
 * Closes a dead connection after its peer has reconnected.
 *
 * A peer whose network has changed opens a new connection, while its old one still looks open here. js-libp2p
 * prefers the old one, and a circuit relay would send circuits there.
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
    this.#stopping.abort(new Error('the peer is stopping'))
  }

  /**
   * Asks whether a connection is alive that the other side has probably lost. Until then it counts as silent.
   */
  suspect(connection: Connection): void {
    if (connection.status !== 'open') return
    this.#peer.silent.add(connection)
    if (!this.#asked.has(connection) && this.#asked.size < MAX_ASKED) void this.#ask(connection)
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
      // A slow connection can take longer than this to answer. If it carries a stream, the connection monitor
      // decides.
      this.#peer.release(older, new Error('the peer has reconnected, and does not answer on this connection'))
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        this.#log('warn', `an older connection could not be checked: ${messageOf(error)}`)
    } finally {
      this.#asked.delete(older)
    }
  }
}
