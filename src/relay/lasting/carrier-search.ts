import type { Connection, MessageStreamDirection, PeerId, Stream } from '@libp2p/interface'
import { LASTING_PROTOCOL } from '../../lasting/index.ts'
import type { DialRequest, StreamOpener } from '../dialing/dial-request.ts'
import { openStream } from '../dialing/open-stream.ts'
import { circuitsTo, directConnections, readTarget } from '../dialing/peer-addresses.ts'
import { openRawStream } from '../libp2p/early-streams.ts'
import type { Log } from '../log.ts'
import { messageOf } from '../log.ts'
import type { Peer } from '../peer.ts'
import { pause, raceSignal, timeoutSignal } from '../timeouts.ts'
import type { CarrierWishes } from './lasting-link.ts'

/**
 * Milliseconds for one search. Afterwards, streams that still need a carrier start another search after a
 * pause.
 */
const SEARCH_TIMEOUT_MS = 10_000
/** Milliseconds for an open link to answer. An open link may be dead without either side knowing. */
const OPEN_LINK_TIMEOUT_MS = 2_000

/** The most open links that one search tries. */
const MAX_OPEN_LINKS = 8
/** Milliseconds between starting to try one open link and the next, less preferred one. */
const NEXT_LINK_MS = 100
/** Milliseconds that the accepting side waits before it dials. The opening side dials immediately. */
const HEAD_START_MS = 500

/** A link that works, and the stream that proved it. */
interface Found {
  link: Connection
  /** The stream that proved that the link works, until a waiting lasting stream uses it as its carrier. */
  spare: Stream | undefined
}

/** A search, and the number of streams that are waiting for its result. */
interface Search {
  found: Promise<Found>
  waiting: number
}

/** What {@link CarrierSearch} needs. */
export interface CarrierSearchInit {
  peer: Peer
  log: Log
  /** Dials a peer as for a Connect message, and opens a stream on the link with `opener`. */
  dial(request: DialRequest, opener: StreamOpener<Found>, signal: AbortSignal): Promise<Found>
  /** Called with each carrier before it is returned. */
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
 * Finds carriers for streams that have lost theirs. Streams with the same peer, direction and circuit relay
 * share one search and use the link that it finds.
 */
export class CarrierSearch {
  readonly #init: CarrierSearchInit
  readonly #searches = new Map<string, Search>()

  constructor(init: CarrierSearchInit) {
    this.#init = init
  }

  /** Opens a carrier over the first link that works. Rejects if none does, or with the reason of `signal`. */
  async open(
    peer: string,
    direction: MessageStreamDirection,
    wishes: CarrierWishes,
    signal: AbortSignal,
  ): Promise<Stream> {
    const search = this.#joinOrStart(peer, direction, wishes)
    search.waiting += 1
    try {
      const found = await raceSignal(search.found, signal)
      const { link, spare } = found
      found.spare = undefined
      const carrier = spare?.status === 'open' ? spare : await openRawStream(link, signal)
      this.#init.opened(carrier, link)
      return carrier
    } finally {
      search.waiting -= 1
      if (search.waiting === 0) this.#dropSpare(search)
    }
  }

  #joinOrStart(peer: string, direction: MessageStreamDirection, wishes: CarrierWishes): Search {
    const key = `${peer} ${direction} ${wishes.relay}`
    let search = this.#searches.get(key)
    if (search === undefined) {
      const found = this.#search(peer, direction, wishes).finally(() => this.#searches.delete(key))
      search = { found, waiting: 0 }
      this.#searches.set(key, search)
    }
    return search
  }

  /** Closes the stream that proved that a link works, if no lasting stream has used it. */
  #dropSpare(search: Search): void {
    search.found.then(
      (found) => {
        if (search.waiting > 0) return
        found.spare?.abort(new Error('no stream needs this carrier anymore'))
        found.spare = undefined
      },
      (error: unknown) =>
        this.#init.log('debug', `a search that no stream needed anymore failed: ${messageOf(error)}`),
    )
  }

  async #search(peer: string, direction: MessageStreamDirection, wishes: CarrierWishes): Promise<Found> {
    const signal = timeoutSignal(SEARCH_TIMEOUT_MS)
    if (wishes.relay !== '') return await this.#dial(peer, wishes, signal)
    const id = readTarget(peer)
    const onOpen = await this.#tryOpenLinks(id, signal)
    if (onOpen !== undefined) return onOpen

    const over = new AbortController()
    const until = AbortSignal.any([signal, over.signal])
    const afterHeadStart = async (): Promise<Found> => {
      if (direction === 'inbound') await pause(HEAD_START_MS, until)
      return await this.#dial(peer, wishes, until)
    }
    const attempts = [this.#tryNextLink(id, until), afterHeadStart()]
    try {
      const found = await Promise.race(attempts)
      for (const attempt of attempts) closeUnlessUsed(attempt, found)
      return found
    } finally {
      over.abort(new Error('another link was faster'))
    }
  }

  async #dial(peer: string, { addrs, relay }: CarrierWishes, signal: AbortSignal): Promise<Found> {
    const request: DialRequest = {
      client: this,
      target: { peer, addrs },
      protocol: LASTING_PROTOCOL,
      relay,
      lasting: true,
      sideBySide: true,
      deadlineMs: performance.now() + SEARCH_TIMEOUT_MS,
    }
    return await this.#init.dial(request, opener, signal)
  }

  /**
   * Waits for a link that the other side, or another part of this peer, opens, and tries it. Never settles if
   * no such link works.
   */
  async #tryNextLink(id: PeerId, signal: AbortSignal): Promise<Found> {
    return await new Promise((resolve) => {
      this.#init.peer.libp2p.addEventListener(
        'connection:open',
        ({ detail: link }) => {
          // The attempt logs why it failed.
          if (link.remotePeer.equals(id)) this.#tryOpenLink(link, signal).then(resolve, () => undefined)
        },
        { signal },
      )
    })
  }

  /**
   * Tries the links that are already open, because dialing takes longer. Streams move later if a better link
   * opens. Some links may be dead without either side knowing, so the first one that answers is used.
   */
  async #tryOpenLinks(id: PeerId, signal: AbortSignal): Promise<Found | undefined> {
    const { peer } = this.#init
    const links = [...directConnections(peer, id), ...circuitsTo(peer, id)].slice(0, MAX_OPEN_LINKS)
    const found = new AbortController()
    const until = AbortSignal.any([signal, found.signal])
    const attempts: Promise<Found>[] = []
    for (const link of links) {
      const better = attempts.at(-1)
      const isDue = Promise.race([
        pause(attempts.length * NEXT_LINK_MS, until),
        better?.then(
          async () => pause(NEXT_LINK_MS, until),
          () => undefined,
        ),
      ])
      attempts.push(isDue.then(async () => this.#tryOpenLink(link, until)))
    }
    try {
      return await Promise.any(attempts)
    } catch {
      // Each attempt has logged why it failed.
      return undefined
    } finally {
      found.abort(new Error('another link was faster'))
    }
  }

  async #tryOpenLink(link: Connection, signal: AbortSignal): Promise<Found> {
    const { peer, log } = this.#init
    const noteSilence = peer.silent.ask(link)
    const timeout = timeoutSignal(OPEN_LINK_TIMEOUT_MS)
    try {
      const spare = await openStream(link, LASTING_PROTOCOL, AbortSignal.any([signal, timeout]))
      if (signal.aborted) spare.abort(new Error('another link was faster'))
      return { link, spare }
    } catch (error) {
      if (timeout.aborted) noteSilence()
      log('debug', `no carrier over ${link.remoteAddr.toString()}: ${messageOf(error)}`)
      throw error
    }
  }
}

/** Closes the stream of an attempt, unless that attempt is the one that `found` the link. */
function closeUnlessUsed(attempt: Promise<Found>, found: Found): void {
  attempt.then(
    (late) => {
      if (late === found) return
      late.spare?.abort(new Error('another link was faster'))
      late.spare = undefined
    },
    // The attempt failed or was aborted, so it has no stream to close.
    () => undefined,
  )
}
