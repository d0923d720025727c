import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { LASTING_PROTOCOL } from '../../lasting/index.ts'
import type { DialRequest, StreamOpener } from '../dialing/dial-request.ts'
import { openStream } from '../dialing/open-stream.ts'
import { circuitsTo, directConnections, readTarget } from '../dialing/peer-addresses.ts'
import { openRawStream } from '../libp2p/early-streams.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { Peer } from '../peer.ts'
import { raceSignal, timeoutSignal } from '../timeouts.ts'
import type { CarrierWishes } from './lasting-link.ts'

/** Milliseconds for one search; the streams that need it begin another one after a pause. */
const SEARCH_TIMEOUT_MS = 10_000
/** Milliseconds for an open link to answer: it may be dead without anybody having noticed. */
const OPEN_LINK_TIMEOUT_MS = 2_000

/** A stream that has been negotiated for a carrier, and its link. */
interface Found {
  link: Connection
  /** The stream by which the link has proved to work, until one of the waiting streams takes it. */
  spare: Stream | undefined
}

/** What {@link CarrierSearch} needs. */
export interface CarrierSearchInit {
  peer: Peer
  log: Log
  /** Dials a peer, as for a Connect, and opens on the link what `opener` opens. */
  dial(request: DialRequest, opener: StreamOpener<Found>, signal: AbortSignal): Promise<Found>
  /** Called with each stream that is returned, before it is. */
  opened(carrier: Stream, link: Connection): void
}

const opener: StreamOpener<Found> = {
  open: async (link, { protocol }, signal) => ({ link, spare: await openStream(link, protocol, signal) }),
  openLasting: async (link, { protocol }, signal) => ({
    link,
    spare: await openStream(link, protocol, signal),
  }),
}

/**
 * Finds carriers for streams that have lost theirs. There is one search for a peer at a time, whose link all
 * of its streams use.
 */
export class CarrierSearch {
  readonly #init: CarrierSearchInit
  readonly #searches = new Map<string, Promise<Found>>()

  constructor(init: CarrierSearchInit) {
    this.#init = init
  }

  /** Opens a carrier over the first link that works. Rejects if none does, or with the reason of `signal`. */
  async open(peer: string, wishes: CarrierWishes, signal: AbortSignal): Promise<Stream> {
    const found = await raceSignal(this.#find(peer, wishes), signal)
    const { link, spare } = found
    found.spare = undefined
    const carrier = spare?.status === 'open' ? spare : await openRawStream(link, signal)
    this.#init.opened(carrier, link)
    return carrier
  }

  async #find(peer: string, wishes: CarrierWishes): Promise<Found> {
    const key = `${peer} ${wishes.relay}`
    let search = this.#searches.get(key)
    if (search === undefined) {
      search = this.#search(peer, wishes).finally(() => this.#searches.delete(key))
      this.#searches.set(key, search)
    }
    return await search
  }

  async #search(peer: string, { addrs, relay }: CarrierWishes): Promise<Found> {
    const signal = timeoutSignal(SEARCH_TIMEOUT_MS)
    if (relay === '') {
      const found = await this.#onOpenLinks(readTarget(peer), signal)
      if (found !== undefined) return found
    }
    const request: DialRequest = {
      client: this,
      target: { peer, addrs },
      protocol: LASTING_PROTOCOL,
      relay,
      lasting: true,
      deadlineMs: performance.now() + SEARCH_TIMEOUT_MS,
    }
    return await this.#init.dial(request, opener, signal)
  }

  /** Uses a link that stands. To dial one first would take longer, and the stream moves if it is better. */
  async #onOpenLinks(id: PeerId, signal: AbortSignal): Promise<Found | undefined> {
    const { peer, log } = this.#init
    for (const link of [...directConnections(peer, id), ...circuitsTo(peer, id)]) {
      const noteSilence = peer.silent.ask(link)
      const timeout = timeoutSignal(OPEN_LINK_TIMEOUT_MS)
      try {
        const spare = await openStream(link, LASTING_PROTOCOL, AbortSignal.any([signal, timeout]))
        return { link, spare }
      } catch (error) {
        if (timeout.aborted) noteSilence()
        log('debug', `no carrier over ${link.remoteAddr.toString()}: ${messageOf(error)}`)
      }
    }
    return undefined
  }
}
