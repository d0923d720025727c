import type { Answer } from './answer.ts'
import { ClientError } from './client-error.ts'
import type { Connection } from './connection.ts'
import { DEFAULT_MAX_DIAL_MS } from './limits.ts'

/** A dial that waits to be sent, or for its answer. */
export interface Dial {
  /** The encoded Connect message. */
  readonly message: Uint8Array<ArrayBuffer>
  /** PEERID of the Connect message. */
  readonly target: string
  /** The peer ID in the answer: that of the address in `target`, or `target` itself. */
  readonly peer: string
  readonly protocol: string
  readonly frames: boolean
  readonly answer: Answer<Connection>
}

/**
 * A peer ID in base58, the form that relays answer with. The other form of the libp2p specification is a CID.
 */
const BASE58_PEER = /^(?:1|Qm)[1-9A-HJ-NP-Za-km-z]+$/u

/**
 * Matches answers to dials. An answer only names peer and protocol, so all dials to the same peer and
 * protocol that are pending at the same time must be identical: then it doesn't matter which of them gets
 * which answer. A dial that differs (in FRAMES, RELAY or addresses) is held back until the earlier ones are
 * answered.
 *
 * An aborted dial, or one that has timed out, stays pending until its answer arrives, or until the relay can
 * no longer answer.
 */
export class PendingDials {
  readonly #send: (dial: Dial) => void
  readonly #max: number
  #sent: { dial: Dial; sentMs: number }[] = []
  #held: Dial[] = []

  constructor(send: (dial: Dial) => void, max: number) {
    this.#send = send
    this.#max = max
  }

  /** Adds a dial, to be sent as soon as possible. Throws `ERR_TOO_MANY_DIALS`. */
  add(dial: Dial): void {
    this.#dropUnanswered()
    if (this.#sent.length + this.#held.length >= this.#max) {
      throw new ClientError('ERR_TOO_MANY_DIALS', `Too many dials: ${this.#max} are already pending.`)
    }
    this.#held.push(dial)
    this.#sendHeld()
  }

  /**
   * Removes and returns the dial that an answer with this peer and protocol belongs to; undefined if there is
   * none.
   */
  take(peer: string, protocol: string): Dial | undefined {
    const candidates = this.#sent.map(({ dial }) => dial).filter((dial) => dial.protocol === protocol)
    const dial =
      candidates.find((dial) => dial.peer === peer || dial.target === peer) ??
      candidates.find((dial) => !BASE58_PEER.test(dial.peer) && BASE58_PEER.test(peer))
    if (dial === undefined) return undefined
    this.#sent.splice(
      this.#sent.findIndex((one) => one.dial === dial),
      1,
    )
    this.#sendHeld()
    return dial
  }

  /** Rejects all dials, because the relay is gone. */
  rejectAll(error: ClientError): void {
    const sent = this.#sent.splice(0).map(({ dial }) => dial)
    for (const dial of [...sent, ...this.#held.splice(0)]) dial.answer.reject(error)
  }

  /** Drops dials that nobody waits for and that the relay won't answer, and those they held back. */
  #dropUnanswered(): void {
    const now = performance.now()
    this.#sent = this.#sent.filter(
      ({ dial, sentMs }) => dial.answer.waiting || now - sentMs < DEFAULT_MAX_DIAL_MS,
    )
    this.#sendHeld()
  }

  #sendHeld(): void {
    const stillHeld: Dial[] = []
    for (const dial of this.#held) {
      if (!dial.answer.waiting) continue
      const others = [...this.#sent.map((one) => one.dial), ...stillHeld].filter((other) =>
        haveSameAnswer(dial, other),
      )
      if (others.every((other) => isSameDial(dial, other))) {
        this.#send(dial)
        this.#sent.push({ dial, sentMs: performance.now() })
      } else {
        stillHeld.push(dial)
      }
    }
    this.#held = stillHeld
  }
}

function haveSameAnswer(a: Dial, b: Dial): boolean {
  return a.peer === b.peer && a.protocol === b.protocol
}

function isSameDial(a: Dial, b: Dial): boolean {
  return (
    a.message.byteLength === b.message.byteLength && a.message.every((byte, at) => byte === b.message[at])
  )
}
