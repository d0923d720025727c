import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

/*
 * A frame of a connection that carries ports: the number of the port as a varint, a kind, and for a message a
 * part of its encoded value. The port of the connection is 0. A port that is transferred gets an even number
 * from the side that dialled, and an odd one from the other side.
 */

/** What a frame does. */
export const PORT_FRAME = {
  /** The last part of a message. */
  message: 0,
  /** A part of a message that has more of them, of 1 MiB. */
  part: 1,
  /** The port was closed. Not for port 0, which closes the connection. */
  close: 2,
} as const

/** A frame, with the rest of its bytes. */
export interface PortFrame {
  port: number
  kind: number
  body: Uint8Array
}

export function encodePortFrame({ port, kind, body }: PortFrame): Uint8Array<ArrayBuffer> {
  const header = new ByteWriter()
  header.varint(port)
  header.u8(kind)
  const frame = new Uint8Array(header.written.byteLength + body.byteLength)
  frame.set(header.written)
  frame.set(body, header.written.byteLength)
  return frame
}

/** Throws a RangeError if the frame is too short. */
export function decodePortFrame(frame: Uint8Array): PortFrame {
  const reader = new ByteReader(frame)
  const port = reader.varint()
  const kind = reader.u8()
  return { port, kind, body: frame.subarray(frame.byteLength - reader.remaining) }
}
