import type { Connection } from '@libp2p/interface'
import type { LastingStream } from '../../lasting/index.ts'
import type { StreamStatus } from '../../status/index.ts'
import type { LinkDescription } from '../dialing/link.ts'
import type { LinkState, StreamLink } from '../dialing/stream-link.ts'
import { stateOf } from '../dialing/stream-link.ts'

/** What an opener asked for, which holds for later carriers too. */
export interface CarrierWishes {
  /** Multiaddrs that the Connect named. */
  addrs: string[]
  /** The circuit relay to go through, as in the Connect message. Empty for any way to the peer. */
  relay: string
}

/** Carries a lasting stream: one libp2p connection after the other. */
export class LastingLink implements StreamLink {
  readonly wishes: CarrierWishes
  onchange: (() => void) | undefined
  readonly #stream: LastingStream
  #connection: Connection | undefined
  #linkChanges = 0
  #lastLoss: LinkDescription = { text: 'the link of the stream ended', limitReached: false }

  /** `connection` carries the stream now; undefined if it has lost its first carrier already. */
  constructor(stream: LastingStream, connection: Connection | undefined, wishes: CarrierWishes) {
    this.#stream = stream
    this.#connection = connection
    this.wishes = wishes
  }

  get state(): LinkState {
    return this.#connection === undefined ? 'interrupted' : stateOf(this.#connection)
  }

  get connection(): Connection | undefined {
    return this.#connection
  }

  get lasting(): StreamStatus['lasting'] & object {
    return { unacknowledgedBytes: this.#stream.unacknowledgedBytes, linkChanges: this.#linkChanges }
  }

  /** Whether the stream waits for another carrier. */
  get isInterrupted(): boolean {
    return this.#stream.end === undefined && this.#connection === undefined
  }

  /** Must be called when the stream's carrier is on another connection, or on none. */
  move(connection: Connection | undefined): void {
    const before = this.state
    this.#connection = connection
    if (connection !== undefined) this.#linkChanges += 1
    if (this.state !== before) this.onchange?.()
  }

  /** Must be called when the stream has lost a carrier: if no other is found, this is why the stream ends. */
  noteLoss(description: LinkDescription): void {
    this.#lastLoss = description
  }

  describe(error: Error | undefined): LinkDescription {
    const { text, limitReached } = this.#lastLoss
    return { text: error === undefined ? text : `${text}: ${error.message}`, limitReached }
  }

  lost(): void {
    // The stream has already looked for another link, for as long as it may.
  }
}
