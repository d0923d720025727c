import type { Connection } from '../client/index.ts'
import { decodeFrame, encodeFrame } from './frames.ts'
import type { Frame } from './frames.ts'
import type { Rate } from './rate.ts'

/** What a {@link Wire} reports. */
export interface WireEvents {
  /** Called with each frame of a known kind. Throws a TypeError if it breaks the protocol. */
  frame(frame: Frame): void
  /** Called when the other side has broken the protocol, before the end. */
  broken(error: TypeError): void
  /** The connection's link has changed. */
  linkChanged(): void
  /** There is room to send again. */
  drained(): void
  /** Called once. `wasInterrupted`: the connection had no link, so that the member may still be there. */
  ended(wasInterrupted: boolean): void
}

/** A connection between two members, after the handshake. */
export class Wire {
  readonly connection: Connection
  readonly #rate: Rate
  /** Whether the other side has said what it has received, so that parts can be sent. */
  isReady = false
  #isDraining = false
  #events: WireEvents | undefined

  constructor(connection: Connection, rate: Rate) {
    this.connection = connection
    this.#rate = rate
  }

  /** Sets who is told, and at the first call begins to read. */
  set events(events: WireEvents) {
    const isFirst = this.#events === undefined
    this.#events = events
    if (isFirst) void this.#read()
  }

  /** Whether more can be sent now. */
  get hasRoom(): boolean {
    return !this.#isDraining
  }

  send(frame: Frame): void {
    try {
      if (this.connection.send(encodeFrame(frame)) || this.#isDraining) return
    } catch {
      // It has ended, or doesn't take more. What it has lost is sent again on another one.
      return this.connection.close()
    }
    this.#isDraining = true
    const drained = (): void => {
      this.#isDraining = false
      this.#events?.drained()
    }
    // If the relay is lost, so is the connection, and its end is reported.
    this.connection.drain().then(drained, () => undefined)
  }

  async #read(): Promise<void> {
    const changed = (): void => this.#events?.linkChanged()
    this.connection.addEventListener('linkchange', changed)
    try {
      for await (const bytes of this.connection) {
        const waitMs = this.#rate.count()
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
        const frame = decodeFrame(bytes)
        if (frame !== undefined) this.#events?.frame(frame)
      }
    } catch (error) {
      // Other errors are those of the connection, which has ended.
      if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) {
        this.#events?.broken(new TypeError(`A member broke the protocol: ${error.message}`, { cause: error }))
      }
    }
    this.connection.close()
    this.#events?.ended((this.connection.link ?? 'interrupted') === 'interrupted')
  }
}
