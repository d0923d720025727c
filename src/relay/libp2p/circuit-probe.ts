import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection, ConnectionGater, PeerId } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'

/**
 * What a relay has done with a circuit from this peer to itself. `unknown`: it makes none of that kind, which says nothing of
 * others.
 */
export type ProbeAnswer = 'works' | 'no reservation' | 'no circuit' | 'unknown'

/** Bytes of an answer that are read. */
const MAX_ANSWER_BYTES = 4_096

/** Of the specification (circuit relay v2): the type of HopMessage, the fields, and the statuses that mean something here. */
const TYPE_CONNECT = 1
const FIELD_STATUS = 5
const STATUS_OK = 100
const CONNECTION_FAILED = 203
const NO_RESERVATION = 204

/**
 * Asks relays for a circuit from this peer to itself. That the request comes back is the proof that a reservation is more than
 * words; the circuit itself is declined then.
 *
 * What a relay says of a reservation proves nothing: it may forget it at once, or cut every circuit, and the time at which it
 * says it ends is of its clock.
 */
export class CircuitProbe {
  readonly #self: () => PeerId | undefined
  /** Relays that are being asked, and whom to tell that their request came. */
  readonly #asked = new Map<string, () => void>()

  /** `self` is this peer, once there is one. */
  constructor(self: () => PeerId | undefined) {
    this.#self = self
  }

  /** A connection gater that declines circuits from this peer itself, and is `gater` in all else. */
  gate(gater: ConnectionGater): ConnectionGater {
    return {
      ...gater,
      denyInboundRelayedConnection: async (relay, from) => {
        if (this.#self()?.equals(from) !== true)
          return (await gater.denyInboundRelayedConnection?.(relay, from)) ?? false
        this.#asked.get(relay.toString())?.()
        return true
      },
    }
  }

  /** Asks the relay at the other end of a connection. Rejects if that ends, or with the signal's reason. */
  async ask(connection: Connection, self: PeerId, signal: AbortSignal): Promise<ProbeAnswer> {
    const relay = connection.remotePeer.toString()
    const stream = await connection.newStream(RELAY_V2_HOP_CODEC, { signal })
    const came = new Promise<ProbeAnswer>((resolve) => {
      this.#asked.set(relay, () => resolve('works'))
    })
    try {
      const messages = lpStream(stream, { maxDataLength: MAX_ANSWER_BYTES })
      await messages.write(connectMessage(self.toMultihash().bytes), { signal })
      const answered = messages.read({ signal }).then((answer) => meaningOf(statusOf(answer.subarray())))
      return await Promise.race([came, answered])
    } finally {
      this.#asked.delete(relay)
      stream.abort(new Error('it was only asked for'))
    }
  }
}

function meaningOf(status: number | undefined): ProbeAnswer {
  if (status === NO_RESERVATION) return 'no reservation'
  // It cannot be well before the request has come, which was declined.
  if (status === STATUS_OK || status === CONNECTION_FAILED) return 'no circuit'
  return 'unknown'
}

/** A HopMessage of type CONNECT to the peer with this multihash, which has fewer than 128 bytes. */
function connectMessage(peer: Uint8Array): Uint8Array {
  const id = [0x0a, peer.length, ...peer]
  return Uint8Array.of(0x08, TYPE_CONNECT, 0x12, id.length, ...id)
}

/** The status in a HopMessage; undefined if there is none, or if it is no such message. */
function statusOf(message: Uint8Array): number | undefined {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++]
      // What is too long is no number that is looked for.
      if (byte === undefined) return Number.NaN
      value += (byte % 128) * factor
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const key = varint()
    const value = varint()
    if (key === FIELD_STATUS * 8) return value
    // Of the other fields those with a length are passed over; there are none of a fixed width.
    if (key % 8 === 2) at += value
    if (!Number.isSafeInteger(at)) return undefined
  }
  return undefined
}
