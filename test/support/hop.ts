import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'

/** Statuses of the circuit relay specification (v2). */
export const OK = 100
export const RESERVATION_REFUSED = 200
export const RESOURCE_LIMIT_EXCEEDED = 201

/** A HopMessage of type RESERVE: one pair of bytes. */
const RESERVE = Uint8Array.of(0x08, 0)

/** A HopMessage's status, and the end of the reservation in it. */
export interface HopAnswer {
  status: number
  expireSeconds?: number
  /** The limit for circuits, if the circuit relay announces one. */
  limit?: { seconds: number | undefined; bytes: number | undefined }
}

/** Asks a circuit relay for a reservation, with the bare protocol, and returns its answer. */
export async function askForReservation(libp2p: Libp2p, relay: string): Promise<HopAnswer> {
  const signal = AbortSignal.timeout(10_000)
  const connection = await libp2p.dial(multiaddr(relay), { signal })
  const stream = await connection.newStream(RELAY_V2_HOP_CODEC, { signal })
  const messages = lpStream(stream)
  await messages.write(RESERVE, { signal })
  const answer = (await messages.read({ signal })).subarray()
  await stream.close({ signal })
  const fields = fieldsOf(answer)
  const reservation = fields.get(3)
  const expire = reservation instanceof Uint8Array ? fieldsOf(reservation).get(1) : undefined
  const limit = fields.get(4)
  return {
    status: Number(fields.get(5)),
    ...(typeof expire === 'number' ? { expireSeconds: expire } : {}),
    ...(limit instanceof Uint8Array ? { limit: limitOf(limit) } : {}),
  }
}

function limitOf(message: Uint8Array): NonNullable<HopAnswer['limit']> {
  const [seconds, bytes] = [fieldsOf(message).get(1), fieldsOf(message).get(2)]
  return {
    seconds: typeof seconds === 'number' ? seconds : undefined,
    bytes: typeof bytes === 'number' ? bytes : undefined,
  }
}

/** The fields of a protobuf message; of repeated numbers the last one. */
function fieldsOf(bytes: Uint8Array): Map<number, number | Uint8Array> {
  const fields = new Map<number, number | Uint8Array>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    if ((tag & 7) === 0) {
      fields.set(tag >> 3, varint())
    } else {
      const length = varint()
      fields.set(tag >> 3, bytes.subarray(at, at + length))
      at += length
    }
  }
  return fields
}

/**
 * Asks a circuit relay for a circuit to a peer and then sends nothing on it, like a dialer whose handshake
 * never arrives. Returns the circuit relay's answer; the circuit ends when the other side gives up on it.
 */
export async function openSilentCircuit(
  connection: Connection,
  target: PeerId,
): Promise<{ status: number; stream: Stream }> {
  const signal = AbortSignal.timeout(10_000)
  const stream = await connection.newStream(RELAY_V2_HOP_CODEC, { signal, maxOutboundStreams: 1_000 })
  const messages = lpStream(stream)
  const id = target.toMultihash().bytes
  const peer = Uint8Array.of(0x0a, id.length, ...id)
  await messages.write(Uint8Array.of(0x08, 1, 0x12, peer.length, ...peer), { signal })
  const answer = (await messages.read({ signal })).subarray()
  return { status: Number(fieldsOf(answer).get(5)), stream: messages.unwrap() }
}
