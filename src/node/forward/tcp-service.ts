import type { Socket } from 'node:net'
import type { OpenedStream } from '../../relay/index.ts'
import type { TcpServiceStatus } from '../../status/index.ts'
import { StreamSocket } from './stream-socket.ts'

/** Most TCP connections that one forward or tunnel carries at once. */
export const MAX_OPEN = 1024
/** Most of them that a forward carries for one peer, so that no peer takes the places of all others. */
export const MAX_OPEN_PER_PEER = 512
/** A TCP connection without data for this long is probed, so that a dead machine is noticed. */
const KEEP_ALIVE_MS = 60_000

/** Milliseconds between two lines about failures, which others can cause as often as they like. */
const WARN_INTERVAL_MS = 1_000

/** A place for one TCP connection. Give it back exactly once, or join a stream with it. */
export interface Place {
  readonly peer: string
}

/** What a forward and a tunnel have in common: the TCP connections that they carry, bounded and counted. */
export class TcpService {
  readonly status: TcpServiceStatus
  readonly #warn: (line: string) => void
  readonly #places = new Set<Place>()
  readonly #joined = new Set<StreamSocket>()
  #warnedMs = -Infinity

  constructor(
    about: Pick<TcpServiceStatus, 'kind' | 'protocol' | 'endpoint' | 'peer'>,
    warn: (line: string) => void,
  ) {
    this.status = { ...about, open: 0, accepted: 0, failed: 0, inBytes: 0, outBytes: 0 }
    this.#warn = warn
  }

  /** Returns why there is no place for another connection of this peer; undefined if there is one. */
  refusalOf(peer: string): string | undefined {
    if (this.#places.size >= MAX_OPEN) return `${MAX_OPEN} connections are open, which is the limit`
    // All connections of a tunnel go to the same peer.
    if (this.status.kind === 'tunnel') return undefined
    const ofPeer = [...this.#places].filter((place) => place.peer === peer).length
    if (ofPeer < MAX_OPEN_PER_PEER) return undefined
    return `${MAX_OPEN_PER_PEER} connections of this peer are open, which is the limit`
  }

  /** Takes a place for a connection of this peer. */
  take(peer: string): Place {
    const place = { peer }
    this.#places.add(place)
    this.#count()
    return place
  }

  /** Gives a place back that was never joined, and notes why. */
  giveBack(place: Place, why: string): void {
    this.#places.delete(place)
    this.#count()
    this.failed(why)
  }

  /** Joins a stream with a socket until both have ended. */
  join(place: Place, { stream, link }: OpenedStream, socket: Socket): void {
    this.status.accepted += 1
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    const joined = new StreamSocket({
      stream,
      socket,
      link,
      traffic: this.status,
      ended: (failure) => {
        this.#joined.delete(joined)
        this.#places.delete(place)
        this.#count()
        if (failure !== undefined) this.failed(failure)
      },
    })
    this.#joined.add(joined)
  }

  /**
   * Notes that a connection failed or was refused. Prints why, unless it is the reason of the failure before,
   * or another one was printed a moment ago.
   */
  failed(why: string): void {
    const { kind, protocol, endpoint, lastFailure } = this.status
    this.status.failed += 1
    this.status.lastFailure = why
    const nowMs = performance.now()
    if (lastFailure === why || nowMs - this.#warnedMs < WARN_INTERVAL_MS) return
    this.#warnedMs = nowMs
    this.#warn(`-${kind} ${kind === 'forward' ? `${protocol}=${endpoint}` : endpoint}: ${why}`)
  }

  /** Resets all connections. */
  stop(): void {
    for (const joined of this.#joined) joined.reset('the program was stopped')
  }

  #count(): void {
    this.status.open = this.#places.size
  }
}
