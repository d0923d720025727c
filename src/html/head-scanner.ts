import { ENDING, endsHead } from './head-elements.ts'
import type { HtmlToken } from './html-tokenizer.ts'
import { HtmlTokenizer } from './html-tokenizer.ts'

/** Units (bytes, or pairs of them in UTF-16) of a document that are read in search of the end of its head, and held back meanwhile. */
export const DEFAULT_SCAN_UNITS = 4 * 1_048_576

/** What is to be done with a document. */
export type Verdict =
  /** Our script's tag goes in before the unit at this offset, where it is the first child of the head. */
  { kind: 'insert'; at: number } | { kind: 'leave'; why: LeaveReason }

export type LeaveReason =
  /** It loads our script itself. */
  | 'ours'
  /** It says by its meta tag that it wants the browser's own WebSocket. */
  | 'native'
  /** There is nothing in it. */
  | 'no-place'
  /** Its head is longer than what is read of it, so it isn't known what it says of scripts. */
  | 'too-long'
  /** Its own content security policy would not let our script run. */
  | 'forbidden'

export interface HeadScannerInit {
  /** Default {@link DEFAULT_SCAN_UNITS}. */
  scanUnits?: number
  /** Whether a content security policy in a meta tag lets our scripts run. */
  allows(policy: string): boolean
}

const SCRIPT_NAME = 'libp2p-websocket.js'

/**
 * Finds the place in a document where a script is the first child of its head, and whether the document wants ours there: the
 * HTML standard's tree construction, as far as the end of the head.
 *
 * The place is behind the doctype, as else the page would be shown in quirks mode, and behind the tags of `html` and `head`,
 * whose attributes would be lost. Until the verdict, `settled` tells how much of the document can be let go.
 */
export class HeadScanner {
  readonly #init: HeadScannerInit
  readonly #scanUnits: number
  readonly #tokenizer = new HtmlTokenizer((token) => this.#take(token))
  #mode: 'initial' | 'before-html' | 'before-head' | 'in-head' = 'initial'
  #place: number | undefined
  #templates = 0
  #verdict: Verdict | undefined
  #read = 0
  #settled = 0

  constructor(init: HeadScannerInit) {
    this.#init = init
    this.#scanUnits = init.scanUnits ?? DEFAULT_SCAN_UNITS
  }

  /** Undefined while it is not known; then always the same, however the document was cut into pieces. */
  get verdict(): Verdict | undefined {
    return this.#verdict
  }

  /** Units before which our script will not be put. */
  get settled(): number {
    return this.#place ?? this.#settled
  }

  /** Reads a piece of the document, one character per unit; nothing happens once there is a verdict. */
  write(text: string): void {
    if (this.#verdict !== undefined) return
    const readable = text.slice(0, this.#scanUnits - this.#read)
    this.#read += readable.length
    this.#tokenizer.write(readable)
    if (this.#read >= this.#scanUnits) this.#leave('too-long')
  }

  /** The document ends here. */
  end(): void {
    if (this.#verdict !== undefined) return
    this.#tokenizer.end()
    if (this.#place === undefined) this.#leave('no-place')
    else this.#insert(this.#place)
  }

  #take(token: HtmlToken): void {
    // The document goes on in the same piece after the verdict.
    if (this.#verdict !== undefined) return
    if (this.#mode === 'in-head') this.#takeInHead(token)
    else this.#takeBeforeHead(token)
    this.#settled = token.end
  }

  #takeBeforeHead(token: HtmlToken): void {
    switch (token.kind) {
      case 'comment':
      case 'space':
        return
      case 'doctype':
        if (this.#mode === 'initial') this.#mode = 'before-html'
        return
      case 'start':
        if (token.name === 'html') {
          this.#mode = 'before-head'
          return
        }
        if (token.name === 'head') {
          this.#mode = 'in-head'
          this.#place = token.end
          return
        }
        break
      case 'end':
        if (!ENDING.has(token.name)) return
        break
      case 'null':
        // Before the doctype a tag would bring about quirks mode.
        if (this.#mode === 'initial') return
        break
      case 'text':
        break
      default:
        token satisfies never
    }
    // Whatever it is, it brings the head about, and is preceded by it.
    this.#mode = 'in-head'
    this.#place = token.start
    this.#takeInHead(token)
  }

  #takeInHead(token: HtmlToken): void {
    if (token.kind === 'start' && token.name === 'template') this.#templates += 1
    else if (token.kind === 'end' && token.name === 'template') {
      this.#templates = Math.max(0, this.#templates - 1)
    } else if (this.#templates > 0) return
    else if (endsHead(token)) this.#insert(this.#place ?? token.start)
    else if (token.kind === 'start' && token.name === 'script') this.#takeScript(token.attributes)
    else if (token.kind === 'start' && token.name === 'meta') this.#takeMeta(token.attributes)
  }

  #takeScript(attributes: ReadonlyMap<string, string>): void {
    const path = attributes
      .get('src')
      ?.trim()
      .replace(/[?#].*$/su, '')
    if (path === SCRIPT_NAME || path?.endsWith(`/${SCRIPT_NAME}`) === true) this.#leave('ours')
  }

  #takeMeta(attributes: ReadonlyMap<string, string>): void {
    const content = attributes.get('content') ?? ''
    if (attributes.get('name')?.trim().toLowerCase() === 'libp2p-websocket') {
      if (content.trim().toLowerCase() === 'native') this.#leave('native')
    } else if (attributes.get('http-equiv')?.trim().toLowerCase() === 'content-security-policy') {
      if (!this.#init.allows(content)) this.#leave('forbidden')
    }
  }

  #insert(at: number): void {
    this.#verdict ??= { kind: 'insert', at }
  }

  #leave(why: LeaveReason): void {
    this.#verdict ??= { kind: 'leave', why }
  }
}
