import type { Connection } from '@libp2p/interface'
import type { Progress } from '../libp2p/connection-traffic.ts'
import { hasMoved } from '../libp2p/connection-traffic.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { Peer } from '../peer.ts'

/**
 * The times of a {@link ConnectionMonitor}. A dead connection is closed within two `lookMs` and one
 * `answerMs`.
 */
export interface MonitorTimes {
  /** Milliseconds between two checks of every connection. Default 5,000. */
  lookMs: number
  /** Milliseconds in which a quiet connection must answer. Default 20,000. */
  answerMs: number
}

const DEFAULT_TIMES: Readonly<MonitorTimes> = { lookMs: 5_000, answerMs: 20_000 }

/**
 * Closes connections that died without being closed, as happens when a network or a machine disappears.
 *
 * js-libp2p's own monitor closes every connection whose ping takes five seconds. On a slow connection, a ping
 * can take that long because it waits behind data. This one closes a connection only if nothing has moved on
 * it since the ping.
 */
export class ConnectionMonitor {
  readonly #peer: Peer
  readonly #log: Log
  readonly #answerMs: number
  readonly #stopping = new AbortController()
  readonly #timer: ReturnType<typeof setInterval>
  /** Connections that are being asked, so that each has one question at a time. */
  readonly #asked = new Set<Connection>()
  /** The progress of each connection at the last check. */
  readonly #seen = new WeakMap<Connection, Progress>()

  constructor(peer: Peer, log: Log, times: MonitorTimes = DEFAULT_TIMES) {
    this.#peer = peer
    this.#log = log
    this.#answerMs = times.answerMs
    this.#timer = setInterval(() => this.#look(), times.lookMs)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#stopping.abort(new Error('the peer is stopping'))
  }

  #look(): void {
    for (const connection of this.#peer.libp2p.getConnections()) {
      const before = this.#seen.get(connection)
      const now = this.#peer.progressOf(connection)
      this.#seen.set(connection, now)
      // A connection that carries data is alive, and a question would only slow it down.
      const isQuiet = before !== undefined && !hasMoved(before, now)
      if (isQuiet && connection.status === 'open' && !this.#asked.has(connection)) void this.#ask(connection)
    }
  }

  async #ask(connection: Connection): Promise<void> {
    this.#asked.add(connection)
    try {
      if (await this.#peer.isAlive(connection, this.#answerMs, this.#stopping.signal)) return
      const address = connection.remoteAddr.toString()
      this.#log('debug', `the connection over ${address} is dead: nothing came for ${this.#answerMs} ms`)
      connection.abort(new Error(`nothing came for ${this.#answerMs / 1000} s`))
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        this.#log('warn', `a connection could not be checked: ${messageOf(error)}`)
    } finally {
      this.#asked.delete(connection)
    }
  }
}
