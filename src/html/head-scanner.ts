import { HEAD_ENDING_TAGS, endsHead } from './head-elements.ts'
import type { HtmlToken } from './html-tokenizer.ts'
import { HtmlTokenizer } from './html-tokenizer.ts'

/**
 * Units (bytes, or byte pairs in UTF-16) of a document that are searched for the end of its head, and held
 * back meanwhile.
 */
export const DEFAULT_SCAN_UNITS = 4 * 1_048_576

/** What to do with a document. */
export type Verdict =
  /** Insert our script's tag at this offset in units, where it becomes the first child of the head. */
  { kind: 'insert'; at: number } | { kind: 'leave'; why: LeaveReason }

/** Why a document is left unchanged. */
export type LeaveReason =
  /** The document loads our script itself. */
  | 'ours'
  /** A meta tag asks for the browser's own WebSocket. */
  | 'native'
  /** The document is empty. */
  | 'no-place'
  /** The end of the head is beyond the scan limit, so a content security policy might have been missed. */
  | 'too-long'
  /** The document's content security policy would block our script. */
  | 'forbidden'

/** What a {@link HeadScanner} works with. */
export interface HeadScannerInit {
  /** Default {@link DEFAULT_SCAN_UNITS}. */
  scanUnits?: number
  /** Returns whether a content security policy from a meta tag allows our scripts. */
  allows(policy: string): boolean
}

const SCRIPT_NAME = 'libp2p-websocket.js'

/**
 * Finds where in a document a script becomes the first child of the head, and whether our script may be
 * inserted there. It follows the HTML standard's tree construction up to the end of the head.
 *
 * The place is after the doctype, because the page would otherwise be in quirks mode, and after the `html`
 * and `head` tags, whose attributes would otherwise be lost. Until the verdict, `settled` tells how much of
 * the document can be passed on.
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

  /** Undefined until it is known. It doesn't depend on how the document is split into pieces. */
  get verdict(): Verdict | undefined {
    return this.#verdict
  }

  /** The script will not be inserted before this offset in units. */
  get settled(): number {
    return this.#place ?? this.#settled
  }

  /** Reads a piece of the document, one character per unit. Does nothing once there is a verdict. */
  write(text: string): void {
    if (this.#verdict !== undefined) return
    const readable = text.slice(0, this.#scanUnits - this.#read)
    this.#read += readable.length
    this.#tokenizer.write(readable)
    if (this.#read >= this.#scanUnits) this.#leave('too-long')
  }

  /** Signals the end of the document. */
  end(): void {
    if (this.#verdict !== undefined) return
    this.#tokenizer.end()
    if (this.#place === undefined) this.#leave('no-place')
    else this.#insert(this.#place)
  }

  #take(token: HtmlToken): void {
    // The piece with the verdict can contain further tokens.
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
        if (!HEAD_ENDING_TAGS.has(token.name)) return
        break
      case 'null':
        // A tag before the doctype would cause quirks mode.
        if (this.#mode === 'initial') return
        break
      case 'text':
        break
      default:
        token satisfies never
    }
    // Any other token implies a head, which starts before it.
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
