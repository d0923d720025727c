import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection, ConnectionGater, PeerId } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { reader, writer } from 'protons-runtime'

/**
 * A circuit relay's answer to a request for a circuit from this peer to itself. `unknown`: it opens no
 * circuits of that kind, which says nothing about others.
 */
export type ProbeAnswer = 'works' | 'no reservation' | 'no circuit' | 'unknown'

/** The most bytes that an answer may have. */
const MAX_ANSWER_BYTES = 4_096

/**
 * From the circuit relay v2 specification: fields of a HopMessage and of its peer, and the values that matter
 * here.
 */
const FIELD_TYPE = 1
const FIELD_PEER = 2
const FIELD_STATUS = 5
const FIELD_PEER_ID = 1
const TYPE_CONNECT = 1
const STATUS_OK = 100
const CONNECTION_FAILED = 203
const NO_RESERVATION = 204

/** Protobuf's wire types. */
const VARINT = 0
const BYTES = 2

const tagOf = (field: number, wireType: number): number => field * 8 + wireType

/**
 * Proves reservations, by asking circuit relays for a circuit from this peer to itself. If the request
 * arrives here, the reservation works. The circuit itself is declined.
 *
 * A granted reservation proves nothing: the circuit relay may forget it immediately, or open no circuits, and
 * its end is a time of the circuit relay's clock.
 */
export class CircuitProbe {
  readonly #self: () => PeerId | undefined
  /** The circuit relays that are being asked. The function is called when the request arrives here. */
  readonly #asked = new Map<string, () => void>()

  /** @param self returns this peer's ID; undefined before the peer has started */
  constructor(self: () => PeerId | undefined) {
    this.#self = self
  }

  /**
   * Returns a connection gater that declines circuits from this peer itself, and otherwise decides as `gater`
   * does.
   */
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

  /** Asks the circuit relay on a connection. Rejects if the connection closes or `signal` is aborted. */
  async ask(connection: Connection, self: PeerId, signal: AbortSignal): Promise<ProbeAnswer> {
    const circuitRelay = connection.remotePeer.toString()
    const stream = await connection.newStream(RELAY_V2_HOP_CODEC, { signal })
    const came = new Promise<ProbeAnswer>((resolve) => {
      this.#asked.set(circuitRelay, () => resolve('works'))
    })
    try {
      const messages = lpStream(stream, { maxDataLength: MAX_ANSWER_BYTES })
      await messages.write(connectMessage(self.toMultihash().bytes), { signal })
      const answered = messages.read({ signal }).then((answer) => meaningOf(statusOf(answer.subarray())))
      return await Promise.race([came, answered])
    } finally {
      this.#asked.delete(circuitRelay)
      stream.abort(new Error('this circuit was only a probe'))
    }
  }
}

function meaningOf(status: number | undefined): ProbeAnswer {
  if (status === NO_RESERVATION) return 'no reservation'
  // Success without a request that arrived here can't be true, as this peer declines the circuit.
  if (status === STATUS_OK || status === CONNECTION_FAILED) return 'no circuit'
  return 'unknown'
}

/** Encodes a HopMessage of type CONNECT. */
function connectMessage(peer: Uint8Array): Uint8Array {
  const message = writer().uint32(tagOf(FIELD_TYPE, VARINT)).uint32(TYPE_CONNECT)
  message.uint32(tagOf(FIELD_PEER, BYTES)).fork()
  message.uint32(tagOf(FIELD_PEER_ID, BYTES)).bytes(peer).ldelim()
  return message.finish()
}

/** Returns the status in a HopMessage. Undefined if it has none, or if the message is invalid. */
function statusOf(message: Uint8Array): number | undefined {
  const fields = reader(message)
  try {
    while (fields.pos < fields.len) {
      const tag = fields.uint32()
      if (tag === tagOf(FIELD_STATUS, VARINT)) return fields.uint32()
      fields.skipType(tag % 8)
    }
  } catch {
    // An invalid message is as good as one without a status: the circuit relay proves nothing with it.
    return undefined
  }
  return undefined
}
