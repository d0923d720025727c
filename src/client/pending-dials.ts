import type { Answer } from './answer.ts'
import { ClientError } from './client-error.ts'
import type { Connection } from './connection.ts'

/** A dial that waits for its answer, or to be sent. */
export interface Dial {
  /** PEERID as it is sent. */
  readonly target: string
  /** The peer's ID, as the answer names it: that of the address in `target`, or `target` itself. */
  readonly peer: string
  readonly protocol: string
  readonly frames: boolean
  readonly relay: string
  readonly answer: Answer<Connection>
}

/** A peer ID as a multihash in base58, the form in which a relay answers; the other form is a CID, as libp2p's spec says. */
const BASE58_PEER = /^(1|Qm)/

/**
 * Finds the dial that an answer is for. Answers carry only peer and protocol, so dials to one peer and protocol that are
 * under way at the same time must be alike: then it does not matter which of them gets which answer. One that differs (in
 * FRAMES, RELAY or addresses) is held back until those before it are answered.
 *
 * A dial that was given up keeps its place, for its answer still comes.
 */
export class PendingDials {
  readonly #send: (dial: Dial) => void
  readonly #max: number
  readonly #sent: Dial[] = []
  #held: Dial[] = []

  constructor(send: (dial: Dial) => void, max: number) {
    this.#send = send
    this.#max = max
  }

  /** Sends the dial as soon as it may be sent. Throws `ERR_TOO_MANY_DIALS`. */
  add(dial: Dial): void {
    if (this.#sent.length + this.#held.length >= this.#max) {
      throw new ClientError(
        'ERR_TOO_MANY_DIALS',
        `${this.#max} dials wait for their answer, which is the most`,
      )
    }
    this.#held.push(dial)
    this.#sendHeld()
  }

  /** Takes the dial that an answer with this peer and protocol is for; undefined if there is none. */
  take(peer: string, protocol: string): Dial | undefined {
    const candidates = this.#sent.filter((dial) => dial.protocol === protocol)
    const dial =
      candidates.find((dial) => dial.peer === peer || dial.target === peer) ??
      candidates.find((dial) => !BASE58_PEER.test(dial.peer) && BASE58_PEER.test(peer))
    if (dial === undefined) return undefined
    this.#sent.splice(this.#sent.indexOf(dial), 1)
    this.#sendHeld()
    return dial
  }

  /** The relay is gone: none of them will be answered. */
  rejectAll(error: ClientError): void {
    for (const dial of [...this.#sent.splice(0), ...this.#held.splice(0)]) dial.answer.reject(error)
  }

  #sendHeld(): void {
    const stillHeld: Dial[] = []
    for (const dial of this.#held) {
      if (!dial.answer.waiting) continue
      const others = [...this.#sent, ...stillHeld].filter((other) => answeredAlike(dial, other))
      if (others.every((other) => alike(dial, other))) {
        this.#send(dial)
        this.#sent.push(dial)
      } else {
        stillHeld.push(dial)
      }
    }
    this.#held = stillHeld
  }
}

function answeredAlike(a: Dial, b: Dial): boolean {
  return a.peer === b.peer && a.protocol === b.protocol
}

function alike(a: Dial, b: Dial): boolean {
  return a.target === b.target && a.frames === b.frames && a.relay === b.relay
}
