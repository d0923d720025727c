import type { Connection } from '../../src/client/index.ts'
import type { Codec } from './message.ts'
import { sendTo } from './talk.ts'

/** Links that a star has at once, and those of one peer among them: it may be in several tabs, but leaves room for others. */
export const MAX_LINKS = 50
export const MAX_LINKS_OF_PEER = 10
/** What one is sent who comes when there are as many; no example has such a message of its own. */
const FULL = '{"name":"full"}'
/**
 * Milliseconds after which a guest counts as let in by a host that has said nothing. A full host says so at once; a host of 2020 may say
 * nothing until somebody speaks.
 */
const SILENT_HOST_MS = 3_000

/** There is no place at the host's, as yet. */
export class FullError extends Error {
  override readonly name = 'FullError'
}

/** A host and its guests: each guest is linked to the host alone. It is the same in the pages of all, where a guest's has one link. */
export class Star<T> {
  readonly #codec: Codec<T>
  readonly #what: string
  readonly #isGuest: boolean | undefined
  readonly #changed: () => void
  readonly #links = new Set<Connection>()
  readonly #audience = new Set<Connection>()

  /**
   * `what` is what may be full, in words: `room`. `changed` is called after all that happens here. `isGuest` says whether links lead
   * to a host; by default those do that were dialled from here.
   */
  constructor(codec: Codec<T>, what: string, changed: () => void, isGuest?: boolean) {
    this.#isGuest = isGuest
    this.#codec = codec
    this.#what = what
    this.#changed = changed
  }

  /** Those who get what is passed on: a guest's host that has let the guest in, and of a host's guests all who have been told something. */
  get size(): number {
    return this.#audience.size
  }

  /**
   * Hears somebody until their link has ended in order. Who comes when it is full is told so and sent away.
   *
   * Rejects if the link is lost, and with a {@link FullError} if it leads to a host that is full.
   */
  async hear(link: Connection, heard: (message: T) => void): Promise<void> {
    const isToHost = this.#isGuest ?? link.direction === 'out'
    if (this.#links.size >= MAX_LINKS || this.#linksOf(link.peer) >= MAX_LINKS_OF_PEER) {
      sendTo(link, new TextEncoder().encode(FULL))
      return link.close()
    }
    this.#links.add(link)
    this.#changed()
    const letIn = (): void => {
      if (this.#audience.has(link)) return
      this.#audience.add(link)
      this.#changed()
    }
    const silence = isToHost ? setTimeout(letIn, SILENT_HOST_MS) : undefined
    try {
      for await (const bytes of link) {
        if (isToHost && isFull(bytes)) throw new FullError(`The ${this.#what} is full`)
        if (isToHost) letIn()
        const message = this.#codec.read(bytes)
        if (message !== undefined) heard(message)
      }
    } finally {
      clearTimeout(silence)
      this.#links.delete(link)
      this.#audience.delete(link)
      this.#changed()
    }
  }

  #linksOf(peer: string): number {
    let count = 0
    for (const link of this.#links) if (link.peer === peer) count += 1
    return count
  }

  /** Tells somebody something, who from now on, if they are heard, gets what is passed on as well. */
  tell(link: Connection, message: T): void {
    if (this.#links.has(link)) this.#audience.add(link)
    sendTo(link, this.#codec.write(message))
  }

  /** Passes something on to all but the one from whom it is. */
  pass(message: T, from?: Connection): void {
    const bytes = this.#codec.write(message)
    for (const link of this.#audience) if (link !== from) sendTo(link, bytes)
    this.#changed()
  }
}

function isFull(bytes: Uint8Array): boolean {
  return bytes.byteLength === FULL.length && new TextDecoder().decode(bytes) === FULL
}
