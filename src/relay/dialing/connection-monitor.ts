import type { Connection } from '@libp2p/interface'
import type { Progress } from '../libp2p/connection-traffic.ts'
import { hasMoved } from '../libp2p/connection-traffic.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { Peer } from '../peer.ts'

/** When a {@link ConnectionMonitor} looks, and how long it waits for an answer. A dead connection ends within two looks and one wait. */
export interface MonitorTimes {
  /** Milliseconds between two looks at each connection. Default 5,000. */
  lookMs: number
  /** Milliseconds that a silent connection has to answer. Default 20,000. */
  answerMs: number
}

const DEFAULT_TIMES: Readonly<MonitorTimes> = { lookMs: 5_000, answerMs: 20_000 }

/**
 * Ends connections that are dead although nobody has said so, as when a network or a machine has gone.
 *
 * js-libp2p's own monitor ends each connection whose ping takes five seconds. On a slow link one does, behind the bytes that are on their
 * way: a connection is dead only if nothing at all has moved on it since it was asked.
 */
export class ConnectionMonitor {
  readonly #peer: Peer
  readonly #log: Log
  readonly #answerMs: number
  readonly #stopping = new AbortController()
  readonly #timer: ReturnType<typeof setInterval>
  /** Connections that are being asked: each once at a time. */
  readonly #asked = new Set<Connection>()
  /** How far each connection had come at the last look. */
  readonly #seen = new WeakMap<Connection, Progress>()

  constructor(peer: Peer, log: Log, times: MonitorTimes = DEFAULT_TIMES) {
    this.#peer = peer
    this.#log = log
    this.#answerMs = times.answerMs
    this.#timer = setInterval(() => this.#look(), times.lookMs)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#stopping.abort(new Error('the peer stops'))
  }

  #look(): void {
    for (const connection of this.#peer.libp2p.getConnections()) {
      const before = this.#seen.get(connection)
      const now = this.#peer.progressOf(connection)
      this.#seen.set(connection, now)
      // What moves is alive: a question would only be in its way.
      const isQuiet = before !== undefined && !hasMoved(before, now)
      if (isQuiet && connection.status === 'open' && !this.#asked.has(connection)) void this.#ask(connection)
    }
  }

  async #ask(connection: Connection): Promise<void> {
    this.#asked.add(connection)
    try {
      if (await this.#peer.isAlive(connection, this.#answerMs, this.#stopping.signal)) return
      const address = connection.remoteAddr.toString()
      this.#log('debug', `the connection over ${address} is dead: ${this.#answerMs} ms without a byte`)
      connection.abort(new Error(`no byte came for ${this.#answerMs / 1000} s`))
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        this.#log('warn', `a connection was not checked: ${messageOf(error)}`)
    } finally {
      this.#asked.delete(connection)
    }
  }
}
