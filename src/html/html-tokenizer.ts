import type { Token } from 'parse5'
import { Tokenizer, TokenizerMode } from 'parse5'

/** What a document consists of, as far as its head goes. Offsets are in units: bytes, or pairs of them in UTF-16. */
export type HtmlToken =
  | { kind: 'start'; name: string; attributes: ReadonlyMap<string, string>; start: number; end: number }
  | { kind: 'end'; name: string; start: number; end: number }
  /** Text that is not white space, outside of scripts, styles and the like. */
  | { kind: 'text'; start: number; end: number }
  /** `null` is U+0000 in such text, which browsers drop, some of them before they read anything into it. */
  | { kind: 'doctype' | 'comment' | 'space' | 'null'; start: number; end: number }

/** How a browser that runs scripts reads what follows these start tags. */
const CONTENT_MODES: ReadonlyMap<string, (typeof TokenizerMode)[keyof typeof TokenizerMode]> = new Map([
  ['title', TokenizerMode.RCDATA],
  ['textarea', TokenizerMode.RCDATA],
  ['style', TokenizerMode.RAWTEXT],
  ['xmp', TokenizerMode.RAWTEXT],
  ['iframe', TokenizerMode.RAWTEXT],
  ['noembed', TokenizerMode.RAWTEXT],
  ['noframes', TokenizerMode.RAWTEXT],
  ['noscript', TokenizerMode.RAWTEXT],
  ['script', TokenizerMode.SCRIPT_DATA],
  ['plaintext', TokenizerMode.PLAINTEXT],
])

/**
 * The tokens of an HTML document, told piece by piece: parse5's tokenizer, switched as the tree construction of the HTML standard
 * switches it.
 *
 * It takes one character per unit of the document, whatever its encoding: every character beyond ASCII means nothing here. That holds
 * in each encoding that browsers know but ISO-2022-JP, where text can look like a tag.
 */
export class HtmlTokenizer {
  readonly #tokenizer: Tokenizer
  readonly #token: (token: HtmlToken) => void
  /** The element whose text is being read. */
  #raw = ''
  /** Open elements of SVG and MathML, in which no element's content is raw. */
  #foreign = 0

  /** @param token called in the `write` that completes a token; text may come with the `write` after it */
  constructor(token: (token: HtmlToken) => void) {
    this.#token = token
    this.#tokenizer = new Tokenizer(
      { sourceCodeLocationInfo: true },
      {
        onStartTag: (tag) => this.#start(tag),
        onEndTag: (tag) => this.#end(tag),
        onDoctype: (doctype) => this.#emit('doctype', doctype),
        onComment: (comment) => this.#emit('comment', comment),
        onWhitespaceCharacter: (text) => this.#emit('space', text),
        onCharacter: (text) => this.#emit(this.#raw === '' ? 'text' : 'space', text),
        onNullCharacter: (text) => this.#emit(this.#raw === '' ? 'null' : 'space', text),
        onEof: () => undefined,
      },
    )
  }

  /** Reads a piece of the document. */
  write(text: string): void {
    this.#tokenizer.write(text, false)
  }

  /** The document ends here. */
  end(): void {
    this.#tokenizer.write('', true)
  }

  #start(tag: Token.TagToken): void {
    const { tagName: name, selfClosing } = tag
    if (name === 'svg' || name === 'math') {
      if (!selfClosing) this.#foreign += 1
    } else if (this.#foreign === 0) {
      const mode = CONTENT_MODES.get(name)
      if (mode !== undefined) {
        this.#raw = name
        this.#tokenizer.state = mode
      }
    }
    const attributes = new Map(tag.attrs.map(({ name: attribute, value }) => [attribute, value]))
    this.#token({ kind: 'start', name, attributes, ...placeOf(tag) })
  }

  #end(tag: Token.TagToken): void {
    const { tagName: name } = tag
    this.#raw = ''
    // The end of a template ends what is open in it.
    if (name === 'template') this.#foreign = 0
    else if (name === 'svg' || name === 'math') this.#foreign = Math.max(0, this.#foreign - 1)
    this.#token({ kind: 'end', name, ...placeOf(tag) })
  }

  #emit(
    kind: Exclude<HtmlToken['kind'], 'start' | 'end'>,
    token: Token.DoctypeToken | Token.CommentToken | Token.CharacterToken,
  ): void {
    this.#token({ kind, ...placeOf(token) })
  }
}

function placeOf({ location }: { location: Token.Location | null }): { start: number; end: number } {
  if (location === null) throw new TypeError('parse5 gives no offsets')
  return { start: location.startOffset, end: location.endOffset }
}
