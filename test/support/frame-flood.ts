import type { Connection, Stream } from '@libp2p/interface'

/** The number of streams in a flood. On each it stays within yamux's initial window. */
export const FLOOD_STREAMS = 3
const BYTES_PER_STREAM = 200_000
/** The payload of a whole flood, which is 7.8 MB on the wire. */
export const FLOOD_BYTES = FLOOD_STREAMS * BYTES_PER_STREAM
const FRAMES_PER_PACKET = 1_000

/** A reader can merge the frames of `in a row` into large ones, but not those of `in turn`. */
export const FLOOD_ORDERS = ['in a row', 'in turn'] as const
export type FloodOrder = (typeof FLOOD_ORDERS)[number]

/** A stream of the hostile peer, and the connection that carries it. */
export interface FloodStream {
  stream: Stream
  connection: Connection
}

/** The part of js-libp2p's connection through which bytes bypass its own yamux. */
interface MuxedConnection {
  muxer: { maConn: { send(data: Uint8Array): boolean; status: string } }
}

/**
 * Writes yamux frames of one byte each, by hand, on streams of one connection: all of one stream and then all
 * of the next, or one of each in turn. Stops if the connection has ended.
 */
export function flood(streams: readonly FloodStream[], order: FloodOrder): void {
  const [first] = streams
  if (first === undefined) throw new Error('there are no streams to flood')
  const { maConn } = (first.connection as unknown as MuxedConnection).muxer
  const ids = streams.map(({ stream }) => Number(stream.id))
  const packets = order === 'in turn' ? [packetOf(ids)] : ids.map((id) => packetOf([id]))
  for (const packet of packets) {
    for (let sent = 0; sent < BYTES_PER_STREAM && maConn.status === 'open'; sent += FRAMES_PER_PACKET)
      maConn.send(Uint8Array.from(packet))
  }
}

/** Encodes so many frames for each of the streams, taken in turn. */
function packetOf(ids: number[]): Buffer {
  const round = Buffer.concat(ids.map(oneByteFrame))
  return Buffer.concat(Array.from({ length: FRAMES_PER_PACKET }, () => round))
}

function oneByteFrame(id: number): Buffer {
  const frame = Buffer.alloc(13)
  frame.writeUInt32BE(id, 4)
  frame.writeUInt32BE(1, 8)
  return frame
}
