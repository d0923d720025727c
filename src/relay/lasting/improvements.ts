import type { Connection, PeerId } from '@libp2p/interface'
import type { LastingStream } from '../../lasting/index.ts'
import { WEBRTC_SIGNALING } from '../dialing/abilities.ts'
import type { DirectLinks } from '../dialing/direct-links.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { Peer } from '../peer.ts'
import { pause } from '../timeouts.ts'
import type { LastingLink } from './lasting-link.ts'

/** Milliseconds that the peer with the larger ID waits, so that the two sides don't both make a link. */
const HEAD_START_MS = 500
/** The most links to try in a row. A link that seems open may turn out to be dead. */
const MAX_ROUNDS = 3
/** Milliseconds between periodic attempts. A relevant change triggers an attempt immediately. */
const RETRY_MS = 60_000

/** What {@link Improvements} needs. */
export interface ImprovementsInit {
  peer: Peer
  direct: DirectLinks
  log: Log
  stopping: AbortSignal
  /** Returns all lasting streams and their links. */
  streams(): Iterable<[LastingStream, LastingLink]>
  /** Moves the streams of the link's peer to this link if it is better than theirs. */
  moveTo(link: Connection): Promise<void>
}

/** Looks for direct links to peers whose lasting streams run over circuits. */
export class Improvements {
  readonly #init: ImprovementsInit
  /** Peers for which a search is running or about to start. */
  readonly #running = new Set<string>()

  constructor(init: ImprovementsInit) {
    this.#init = init
    const { peer, direct, stopping } = init
    peer.libp2p.addEventListener(
      'peer:update',
      ({ detail: { peer: now, previous } }) => {
        const isNew = previous?.protocols.includes(WEBRTC_SIGNALING) !== true
        if (!isNew || !now.protocols.includes(WEBRTC_SIGNALING)) return
        direct.forgetFailure(now.id)
        this.look()
      },
      { signal: stopping },
    )
    const timer = setInterval(() => this.look(), RETRY_MS)
    stopping.addEventListener('abort', () => clearInterval(timer))
  }

  /** Looks for a direct link to each peer that has streams on circuits. */
  look(): void {
    for (const [name, id] of this.#relayedPeers) if (!this.#running.has(name)) void this.#improve(name, id)
  }

  /** The peers that have streams on circuits. */
  get #relayedPeers(): Map<string, PeerId> {
    const peers = new Map<string, PeerId>()
    for (const [, { state, connection, wishes }] of this.#init.streams()) {
      if (state === 'relayed' && connection !== undefined && wishes.relay === '')
        peers.set(connection.remotePeer.toString(), connection.remotePeer)
    }
    return peers
  }

  async #improve(name: string, id: PeerId): Promise<void> {
    const { peer, direct, log, stopping } = this.#init
    this.#running.add(name)
    try {
      if (peer.id > name) await pause(HEAD_START_MS, stopping)
      for (let round = 1; round <= MAX_ROUNDS && this.#relayedPeers.has(name); round += 1) {
        const link = await direct.improve(id)
        if (link === undefined) return
        await this.#init.moveTo(link)
      }
    } catch (error) {
      if (!stopping.aborted) log('debug', `no better link to ${name} was found: ${messageOf(error)}`)
    } finally {
      this.#running.delete(name)
    }
  }
}
