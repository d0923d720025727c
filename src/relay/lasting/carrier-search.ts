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

/** Milliseconds for one search; the streams that need it begin another one after a pause. */
const SEARCH_TIMEOUT_MS = 10_000
/** Milliseconds for an open link to answer: it may be dead without anybody having noticed. */
const OPEN_LINK_TIMEOUT_MS = 2_000

/** Open links that one search tries. */
const MAX_OPEN_LINKS = 8
/** Milliseconds by which each open link is tried later than the better one before it. */
const NEXT_LINK_MS = 100
/** Milliseconds for which the side that accepted the stream leaves it to the other one to dial. */
const HEAD_START_MS = 500

/** A stream that has been negotiated for a carrier, and its link. */
interface Found {
  link: Connection
  /** The stream by which the link has proved to work, until one of the waiting streams takes it. */
  spare: Stream | undefined
}

/** A search, and how many streams wait for what it finds. */
interface Search {
  found: Promise<Found>
  waiting: number
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
    const search = this.#find(peer, direction, wishes)
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

  #find(peer: string, direction: MessageStreamDirection, wishes: CarrierWishes): Search {
    const key = `${peer} ${direction} ${wishes.relay}`
    let search = this.#searches.get(key)
    if (search === undefined) {
      const found = this.#search(peer, direction, wishes).finally(() => this.#searches.delete(key))
      search = { found, waiting: 0 }
      this.#searches.set(key, search)
    }
    return search
  }

  /** Closes the stream by which a link has proved to work, if nobody has waited for it. */
  #dropSpare(search: Search): void {
    search.found.then(
      (found) => {
        if (search.waiting > 0) return
        found.spare?.abort(new Error('no stream needs this carrier any more'))
        found.spare = undefined
      },
      (error: unknown) => this.#init.log('debug', `nobody waits for a carrier: ${messageOf(error)}`),
    )
  }

  async #search(peer: string, direction: MessageStreamDirection, wishes: CarrierWishes): Promise<Found> {
    const id = readTarget(peer)
    const signal = timeoutSignal(SEARCH_TIMEOUT_MS)
    if (wishes.relay !== '') return await this.#dial(peer, wishes, signal)
    const onOpen = await this.#onOpenLinks(id, signal)
    if (onOpen !== undefined) return onOpen

    const over = new AbortController()
    const until = AbortSignal.any([signal, over.signal])
    const afterHeadStart = async (): Promise<Found> => {
      if (direction === 'inbound') await pause(HEAD_START_MS, until)
      return await this.#dial(peer, wishes, until)
    }
    const attempts = [this.#onNextLink(id, until), afterHeadStart()]
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
      deadlineMs: performance.now() + SEARCH_TIMEOUT_MS,
    }
    return await this.#init.dial(request, opener, signal)
  }

  /**
   * Uses a link that the other side, or somebody else on this side, opens from now on. Never settles if there
   * is none that works.
   */
  async #onNextLink(id: PeerId, signal: AbortSignal): Promise<Found> {
    return await new Promise((resolve) => {
      this.#init.peer.libp2p.addEventListener(
        'connection:open',
        ({ detail: link }) => {
          // The attempt logs why it failed.
          if (link.remotePeer.equals(id)) this.#onOpenLink(link, signal).then(resolve, () => undefined)
        },
        { signal },
      )
    })
  }

  /**
   * Uses an open link. Dialling takes longer, and the stream moves later if the new link is better. Some
   * links may be dead without anybody having noticed, so the first one that answers is used.
   */
  async #onOpenLinks(id: PeerId, signal: AbortSignal): Promise<Found | undefined> {
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
      attempts.push(isDue.then(async () => this.#onOpenLink(link, until)))
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

  async #onOpenLink(link: Connection, signal: AbortSignal): Promise<Found> {
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

/** Closes the stream of an attempt that was slower than the one that has `found` a link. */
function closeUnlessUsed(attempt: Promise<Found>, found: Found): void {
  attempt.then(
    (late) => {
      if (late === found) return
      late.spare?.abort(new Error('another link was faster'))
      late.spare = undefined
    },
    // It was aborted, because the other one was faster.
    () => undefined,
  )
}
