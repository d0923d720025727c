import type { HtmlToken } from './html-tokenizer.ts'
import { HtmlTokenizer } from './html-tokenizer.ts'

/** Units (bytes, or pairs of them in UTF-16) of a head that are looked at, and held back meanwhile. */
export const DEFAULT_SCAN_UNITS = 65_536

/** What is to be done with a document. */
export type Verdict =
  /** Our script's tag goes in before the unit at this offset, where it is the first child of the head. */
  { kind: 'insert'; at: number } | { kind: 'leave'; why: LeaveReason }

export type LeaveReason =
  /** It loads our script itself. */
  | 'ours'
  /** It says by its meta tag that it wants the browser's own WebSocket. */
  | 'native'
  /** There is nothing in it, or nothing that could be found in so many units. */
  | 'no-place'
  /** Its own content security policy would not let our script run. */
  | 'forbidden'

export interface HeadScannerInit {
  /** Default {@link DEFAULT_SCAN_UNITS}. */
  scanUnits?: number
  /** Whether a content security policy in a meta tag lets our scripts run. */
  allows(policy: string): boolean
}

const SCRIPT_NAME = 'libp2p-websocket.js'
/** End tags that end the head, or bring it about; others are parse errors before the body. */
const ENDING = new Set(['head', 'body', 'html', 'br'])
/** What a head may hold without ending; see "in head" in the HTML standard. */
const HEAD_ELEMENTS = new Set([
  'base',
  'basefont',
  'bgsound',
  'head',
  'html',
  'link',
  'meta',
  'noframes',
  'noscript',
  'script',
  'style',
  'title',
])

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
    return this.#place ?? this.#tokenizer.settled
  }

  /** Reads one unit; nothing happens once there is a verdict. */
  push(unit: number): void {
    if (this.#verdict !== undefined) return
    this.#tokenizer.push(unit)
    if (this.#verdict === undefined && this.#tokenizer.offset - this.settled >= this.#scanUnits) this.end()
  }

  /** The document, or what may be looked at of it, ends here. */
  end(): void {
    this.#verdict ??=
      this.#place === undefined ? { kind: 'leave', why: 'no-place' } : { kind: 'insert', at: this.#place }
  }

  #take(token: HtmlToken): void {
    // The document goes on in the same unit after the verdict.
    if (this.#verdict !== undefined) return
    if (this.#mode === 'in-head') this.#takeInHead(token)
    else this.#takeBeforeHead(token)
  }

  #takeBeforeHead(token: HtmlToken): void {
    if (token.kind === 'doctype') {
      if (this.#mode === 'initial') this.#mode = 'before-html'
      return
    }
    if (token.kind === 'start' && token.name === 'html') {
      this.#mode = 'before-head'
      return
    }
    if (token.kind === 'end' && !ENDING.has(token.name)) return
    this.#mode = 'in-head'
    if (token.kind === 'start' && token.name === 'head') {
      this.#place = token.end
      return
    }
    // Whatever it is, it brings the head about, and is preceded by it.
    this.#place = token.start
    this.#takeInHead(token)
  }

  #takeInHead(token: HtmlToken): void {
    switch (token.kind) {
      case 'text':
        if (this.#templates === 0) this.end()
        break
      case 'start':
        if (token.name === 'template') this.#templates += 1
        else if (this.#templates > 0) break
        else if (token.name === 'script') this.#takeScript(token.attributes)
        else if (token.name === 'meta') this.#takeMeta(token.attributes)
        else if (!HEAD_ELEMENTS.has(token.name)) this.end()
        break
      case 'end':
        if (token.name === 'template') this.#templates = Math.max(0, this.#templates - 1)
        else if (this.#templates === 0 && ENDING.has(token.name)) this.end()
        break
      case 'doctype':
        break
      default:
        token satisfies never
    }
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
      if (!this.#init.allows(withoutReferences(content))) this.#leave('forbidden')
    }
  }

  #leave(why: LeaveReason): void {
    this.#verdict = { kind: 'leave', why }
  }
}

/** Templates of servers write the quotes of a policy as references. */
function withoutReferences(text: string): string {
  return text
    .replaceAll(/&(?:#39|#x27|apos);/giu, "'")
    .replaceAll(/&(?:#34|#x22|quot);/giu, '"')
    .replaceAll(/&(?:#38|#x26|amp);/giu, '&')
}
