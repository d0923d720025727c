import type { LeaveReason } from '../html/index.ts'
import { HeadScanner } from '../html/index.ts'

/** Bytes that there is room for at first. */
const FIRST_ROOM_BYTES = 65_536

export interface ScriptInsertionInit {
  /** The tag that is put in; ASCII. */
  tag: string
  /** The charset of the Content-Type header; empty if it has none. A byte order mark holds over it. */
  charset: string
  /** Units of the document that are read in search of its head's end, and held back at most; default `DEFAULT_SCAN_UNITS`. */
  scanUnits?: number
  /** Whether a content security policy in a meta tag lets our scripts run. */
  allows(policy: string): boolean
  /** The document is left as it is. Not called when the tag is put in. */
  left?(why: LeaveReason): void
}

/** How a document's bytes are read as units. */
interface Encoding {
  bytesPerUnit: 1 | 2
  bigEndian: boolean
  /** Bytes of the byte order mark. */
  bom: number
}

/**
 * Puts a script's tag into an HTML document as the first child of its head, byte by byte as it comes.
 *
 * Whatever encoding it is in, no other byte changes. Held back is what may come to stand behind the tag, until it is known that
 * the document wants it: at most a head. Then the document flows through.
 */
export function scriptInsertion(init: ScriptInsertionInit): TransformStream<Uint8Array, Uint8Array> {
  const insertion = new ScriptInsertion(init)
  return new TransformStream({
    transform(chunk, controller) {
      for (const piece of insertion.push(chunk)) controller.enqueue(piece)
    },
    flush(controller) {
      for (const piece of insertion.end()) controller.enqueue(piece)
    },
  })
}

/** What {@link scriptInsertion} does, without a stream. */
export class ScriptInsertion {
  readonly #init: ScriptInsertionInit
  readonly #scanner: HeadScanner
  #encoding: Encoding | undefined
  /** The bytes that were read and not yet given, and the room they lie in, which grows by doubling: pieces may be small. */
  #room = new Uint8Array(FIRST_ROOM_BYTES)
  #held = this.#room.subarray(0, 0)
  /** Where the first of them stands in the document. */
  #heldFrom = 0
  /** Bytes that were decoded for the scanner, the byte order mark included. */
  #scanned = 0
  #decoder: TextDecoder | undefined
  #isDone = false

  constructor(init: ScriptInsertionInit) {
    this.#init = init
    this.#scanner = new HeadScanner(init)
  }

  /** Takes a piece of the document and gives what may go on. */
  push(chunk: Uint8Array): Uint8Array[] {
    if (this.#isDone) return [chunk]
    this.#hold(chunk)
    return this.#advance(false)
  }

  /** The document is complete: gives what is left of it. */
  end(): Uint8Array[] {
    return this.#isDone ? [] : this.#advance(true)
  }

  #hold(chunk: Uint8Array): void {
    const length = this.#held.length + chunk.length
    if (this.#held.byteOffset + length > this.#room.length) {
      if (2 * length > this.#room.length) this.#room = new Uint8Array(2 * length)
      this.#room.set(this.#held)
      this.#held = this.#room.subarray(0, this.#held.length)
    }
    const { byteOffset } = this.#held
    this.#room.set(chunk, byteOffset + this.#held.length)
    this.#held = this.#room.subarray(byteOffset, byteOffset + length)
  }

  #advance(isLast: boolean): Uint8Array[] {
    // A byte order mark has three bytes at most.
    this.#encoding ??=
      this.#held.length >= 3 || isLast ? encodingOf(this.#held, this.#init.charset) : undefined
    if (this.#encoding === undefined) return []
    this.#scan(this.#encoding)
    if (isLast) this.#scanner.end()
    const { verdict } = this.#scanner
    if (verdict === undefined) return this.#take(this.#byteOf(this.#scanner.settled, this.#encoding))
    this.#isDone = true
    if (verdict.kind === 'leave') {
      this.#init.left?.(verdict.why)
      return this.#take(this.#end)
    }
    return [
      ...this.#take(this.#byteOf(verdict.at, this.#encoding)),
      encoded(this.#init.tag, this.#encoding),
      ...this.#take(this.#end),
    ]
  }

  /** Gives the scanner one character for each unit. */
  #scan({ bytesPerUnit, bigEndian, bom }: Encoding): void {
    this.#scanned = Math.max(this.#scanned, bom)
    const label = bytesPerUnit === 1 ? 'windows-1252' : bigEndian ? 'utf-16be' : 'utf-16le'
    this.#decoder ??= new TextDecoder(label, { ignoreBOM: true })
    const bytes = this.#held.subarray(this.#scanned - this.#heldFrom)
    this.#scanner.write(this.#decoder.decode(bytes, { stream: true }))
    this.#scanned = this.#end
  }

  get #end(): number {
    return this.#heldFrom + this.#held.length
  }

  #byteOf(unit: number, { bom, bytesPerUnit }: Encoding): number {
    return bom + unit * bytesPerUnit
  }

  /** Gives the held bytes that stand before this offset of the document. */
  #take(before: number): Uint8Array[] {
    // A copy: the room is written to again.
    const piece = this.#held.slice(0, before - this.#heldFrom)
    this.#held = this.#held.subarray(piece.length)
    this.#heldFrom += piece.length
    return piece.length === 0 ? [] : [piece]
  }
}

/** As browsers find it out, for what matters here: whether a unit is a byte, or two of them. */
function encodingOf(bytes: Uint8Array, charset: string): Encoding {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf)
    return { bytesPerUnit: 1, bigEndian: false, bom: 3 }
  if (first === 0xfe && second === 0xff) return { bytesPerUnit: 2, bigEndian: true, bom: 2 }
  if (first === 0xff && second === 0xfe) return { bytesPerUnit: 2, bigEndian: false, bom: 2 }
  // A meta tag cannot say UTF-16: it would not be found.
  const isUtf16 = /^utf-16(?:le|be)?$/iu.test(charset)
  return { bytesPerUnit: isUtf16 ? 2 : 1, bigEndian: /be$/iu.test(charset), bom: 0 }
}

function encoded(ascii: string, { bytesPerUnit, bigEndian }: Encoding): Uint8Array {
  const bytes = new Uint8Array(ascii.length * bytesPerUnit)
  for (let index = 0; index < ascii.length; index += 1) {
    bytes[index * bytesPerUnit + (bytesPerUnit === 2 && bigEndian ? 1 : 0)] = ascii.charCodeAt(index)
  }
  return bytes
}
