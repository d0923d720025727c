import type { LeaveReason } from '../html/index.ts'
import { HeadScanner } from '../html/index.ts'

/** Initial size of the buffer. */
const INITIAL_BUFFER_BYTES = 65_536

/** Options of {@link scriptInsertion}. */
export interface ScriptInsertionInit {
  /** The tag to insert, in ASCII. */
  tag: string
  /** The charset of the Content-Type header, or empty. A byte order mark takes precedence. */
  charset: string
  /** Units that are searched for the end of the head, and held back at most; default `DEFAULT_SCAN_UNITS`. */
  scanUnits?: number
  /** Returns whether a content security policy from a meta tag allows our scripts. */
  allows(policy: string): boolean
  /** Called if the document is left unchanged. */
  left?(why: LeaveReason): void
}

/** How a document's bytes form units. */
interface Encoding {
  bytesPerUnit: 1 | 2
  bigEndian: boolean
  /** Length of the byte order mark in bytes. */
  bom: number
}

/**
 * Creates a stream that inserts a script's tag into an HTML document as the first child of its head. Where
 * that is, `HeadScanner` decides.
 *
 * No other byte changes, in any encoding. The stream holds back what might follow the tag, at most the head,
 * until it is known whether the tag may be inserted. The rest of the document then passes through.
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

/** The insertion of {@link scriptInsertion}, without a stream. */
export class ScriptInsertion {
  readonly #init: ScriptInsertionInit
  readonly #scanner: HeadScanner
  #encoding: Encoding | undefined
  /** The buffer of the held bytes. It grows by doubling, because pieces may be small. */
  #buffer = new Uint8Array(INITIAL_BUFFER_BYTES)
  /** The bytes that were received but not yet passed on: a view of the buffer. */
  #held = this.#buffer.subarray(0, 0)
  /** Offset of the first held byte in the document. */
  #heldFrom = 0
  /** Number of bytes given to the scanner, including the byte order mark. */
  #scanned = 0
  #decoder: TextDecoder | undefined
  #isDone = false

  constructor(init: ScriptInsertionInit) {
    this.#init = init
    this.#scanner = new HeadScanner(init)
  }

  /** Takes a piece of the document and returns the bytes that can be passed on. */
  push(chunk: Uint8Array): Uint8Array[] {
    if (this.#isDone) return [chunk]
    this.#hold(chunk)
    return this.#advance(false)
  }

  /** Signals the end of the document and returns the remaining bytes. */
  end(): Uint8Array[] {
    return this.#isDone ? [] : this.#advance(true)
  }

  #hold(chunk: Uint8Array): void {
    const length = this.#held.length + chunk.length
    if (this.#held.byteOffset + length > this.#buffer.length) {
      if (2 * length > this.#buffer.length) this.#buffer = new Uint8Array(2 * length)
      this.#buffer.set(this.#held)
      this.#held = this.#buffer.subarray(0, this.#held.length)
    }
    const { byteOffset } = this.#held
    this.#buffer.set(chunk, byteOffset + this.#held.length)
    this.#held = this.#buffer.subarray(byteOffset, byteOffset + length)
  }

  #advance(isLast: boolean): Uint8Array[] {
    // A byte order mark has at most three bytes.
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

  /** Passes the new bytes to the scanner as one character per unit. */
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

  /** Removes and returns the held bytes before this offset in the document. */
  #take(before: number): Uint8Array[] {
    // Copied, because the buffer is reused.
    const piece = this.#held.slice(0, before - this.#heldFrom)
    this.#held = this.#held.subarray(piece.length)
    this.#heldFrom += piece.length
    return piece.length === 0 ? [] : [piece]
  }
}

/** Determines the encoding as browsers do, but only whether a unit is one byte or two. */
function encodingOf(bytes: Uint8Array, charset: string): Encoding {
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf)
    return { bytesPerUnit: 1, bigEndian: false, bom: 3 }
  if (first === 0xfe && second === 0xff) return { bytesPerUnit: 2, bigEndian: true, bom: 2 }
  if (first === 0xff && second === 0xfe) return { bytesPerUnit: 2, bigEndian: false, bom: 2 }
  // A meta tag can't declare UTF-16, because it would not be found.
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
