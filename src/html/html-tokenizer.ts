import type { Token } from 'parse5'
import { Tokenizer, TokenizerMode } from 'parse5'

/** A token of a document's head. Offsets are in units: bytes, or byte pairs in UTF-16. */
export type HtmlToken =
  | { kind: 'start'; name: string; attributes: ReadonlyMap<string, string>; start: number; end: number }
  | { kind: 'end'; name: string; start: number; end: number }
  /** Text other than white space, outside of raw text such as scripts and styles. */
  | { kind: 'text'; start: number; end: number }
  /** `null` is U+0000 in such text. Browsers drop it, some before and some after tree construction. */
  | { kind: 'doctype' | 'comment' | 'space' | 'null'; start: number; end: number }

/** How the content of these elements is tokenized when scripting is enabled. */
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
 * Splits an HTML document into tokens, piece by piece. It uses parse5's tokenizer and switches its state as
 * the HTML standard's tree construction does.
 *
 * It takes one character per unit of the document, in any encoding, because characters beyond ASCII don't
 * matter for tags. The only encoding of browsers for which this is wrong is ISO-2022-JP, where text can look
 * like a tag.
 */
export class HtmlTokenizer {
  readonly #tokenizer: Tokenizer
  readonly #token: (token: HtmlToken) => void
  /** The element whose raw text is being read. */
  #raw = ''
  /** Number of open `svg` and `math` elements. Inside them, no element has raw text. */
  #foreign = 0

  /** @param token called for each token, in the `write` that completes it or, for text, in a later one */
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

  /** Signals the end of the document. */
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
    // The end of a template closes all elements in it.
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
  if (location === null) throw new TypeError('parse5 returned a token without offsets')
  return { start: location.startOffset, end: location.endOffset }
}
