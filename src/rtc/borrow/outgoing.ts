import { utf8Length } from '../messages/part-cost.ts'
import { domString } from '../standard/webidl.ts'

/**
 * A message that was given to `send`. Its bytes still belong to the caller, who may change them afterwards.
 */
export type Outgoing = string | Uint8Array | Blob

/** Converts the argument of `send` as Web IDL does, without copying bytes. Throws TypeError for a symbol. */
export function outgoingOf(data: unknown): Outgoing {
  if (data instanceof Blob) return data
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return domString(data)
}

/** Bytes that the message adds to `bufferedAmount`. */
export function sizeOf(outgoing: Outgoing): number {
  if (typeof outgoing === 'string') return utf8Length(outgoing)
  return outgoing instanceof Blob ? outgoing.size : outgoing.byteLength
}
