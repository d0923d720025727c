/** What a document consists of, as far as its head goes. Offsets are in units: bytes, or pairs of them in UTF-16. */
export type HtmlToken =
  | { kind: 'start'; name: string; attributes: ReadonlyMap<string, string>; start: number; end: number }
  | { kind: 'end'; name: string; start: number; end: number }
  /** The first character of text that is not white space. */
  | { kind: 'text'; start: number }
  | { kind: 'doctype' }

/** Characters that are kept of a name or a value; the rest of it is read and dropped. */
const MAX_VALUE_LENGTH = 8192
/** Attributes that are kept of a tag. */
const MAX_ATTRIBUTES = 64

/** Elements in which nothing but their own end tag is markup, as a browser that runs scripts reads them. */
const RAW_ELEMENTS = new Set([
  'script',
  'style',
  'title',
  'textarea',
  'noscript',
  'noframes',
  'noembed',
  'iframe',
  'xmp',
])

type State =
  | 'data'
  | 'tag-open'
  | 'end-tag-open'
  | 'markup'
  | 'comment-start'
  | 'comment-start-dash'
  | 'comment'
  | 'comment-end-dash'
  | 'comment-end'
  | 'comment-end-bang'
  | 'bogus-comment'
  | 'doctype'
  | 'tag-name'
  | 'before-attribute'
  | 'attribute-name'
  | 'after-attribute-name'
  | 'before-value'
  | 'double-quoted'
  | 'single-quoted'
  | 'unquoted'
  | 'after-value'
  | 'self-closing'
  | 'raw'
  | 'raw-less-than'
  | 'raw-end-tag'

/** States in which no tag can have begun: nothing is ever put before their first character. */
const SKIPPED: ReadonlySet<State> = new Set<State>([
  'comment-start',
  'comment-start-dash',
  'comment',
  'comment-end-dash',
  'comment-end',
  'comment-end-bang',
  'bogus-comment',
  'doctype',
])

/**
 * The tokenizer of the HTML standard (section 13.2.5), one character at a time, without what no head has: character references,
 * CDATA, and comments inside of scripts.
 *
 * It reads ASCII alone: every other character is one that means nothing, which holds in each encoding that browsers know but
 * ISO-2022-JP, where text can look like a tag.
 */
export class HtmlTokenizer {
  readonly #token: (token: HtmlToken) => void
  #state: State = 'data'
  #offset = 0
  /** Where the token began that is being read. */
  #start = 0
  #name = ''
  #isEnd = false
  #attribute = ''
  #value = ''
  #attributes = new Map<string, string>()
  /** The element whose raw text is being read. */
  #raw = ''
  #markup = ''

  /** What each state does with a character. Gives false if the same character is to be looked at again in another state. */
  readonly #steps: Record<State, (c: string) => boolean> = {
    data: (c) => {
      if (c === '<') {
        this.#start = this.#offset
        return this.#to('tag-open')
      }
      if (!isSpace(c)) this.#token({ kind: 'text', start: this.#offset })
      return true
    },
    'tag-open': (c) => {
      if (c === '!') return this.#markupFrom('')
      if (c === '/') return this.#to('end-tag-open')
      if (isLetter(c)) return this.#tag(false)
      if (c === '?') return this.#again('bogus-comment')
      this.#token({ kind: 'text', start: this.#start })
      return this.#again('data')
    },
    'end-tag-open': (c) => {
      if (isLetter(c)) return this.#tag(true)
      return c === '>' ? this.#to('data') : this.#again('bogus-comment')
    },
    markup: (c) => {
      const seen = this.#markup + c.toLowerCase()
      if (seen === '--') return this.#to('comment-start')
      if (seen === 'doctype') return this.#to('doctype')
      if (seen === '-' || 'doctype'.startsWith(seen)) return this.#markupFrom(seen)
      return this.#again('bogus-comment')
    },
    'comment-start': (c) => {
      if (c === '>') return this.#to('data')
      return c === '-' ? this.#to('comment-start-dash') : this.#again('comment')
    },
    'comment-start-dash': (c) => {
      if (c === '>') return this.#to('data')
      return this.#to(c === '-' ? 'comment-end' : 'comment')
    },
    comment: (c) => (c === '-' ? this.#to('comment-end-dash') : true),
    'comment-end-dash': (c) => this.#to(c === '-' ? 'comment-end' : 'comment'),
    'comment-end': (c) => {
      if (c === '>') return this.#to('data')
      if (c === '-') return true
      return this.#to(c === '!' ? 'comment-end-bang' : 'comment')
    },
    'comment-end-bang': (c) => {
      if (c === '>') return this.#to('data')
      return this.#to(c === '-' ? 'comment-end-dash' : 'comment')
    },
    'bogus-comment': (c) => (c === '>' ? this.#to('data') : true),
    doctype: (c) => {
      if (c !== '>') return true
      this.#token({ kind: 'doctype' })
      return this.#to('data')
    },
    'tag-name': (c) => {
      if (isSpace(c)) return this.#to('before-attribute')
      if (c === '/') return this.#to('self-closing')
      if (c === '>') return this.#emit()
      this.#name = appended(this.#name, c.toLowerCase())
      return true
    },
    'before-attribute': (c) => {
      if (isSpace(c)) return true
      if (c === '/' || c === '>') return this.#again('after-attribute-name')
      this.#attribute = c.toLowerCase()
      return this.#to('attribute-name')
    },
    'attribute-name': (c) => {
      if (isSpace(c) || c === '/' || c === '>') return this.#again('after-attribute-name')
      if (c === '=') return this.#to('before-value')
      this.#attribute = appended(this.#attribute, c.toLowerCase())
      return true
    },
    'after-attribute-name': (c) => {
      if (isSpace(c)) return true
      if (c === '=') return this.#to('before-value')
      return this.#afterAttribute(c)
    },
    'before-value': (c) => {
      if (isSpace(c)) return true
      if (c === '"') return this.#to('double-quoted')
      if (c === "'") return this.#to('single-quoted')
      return c === '>' ? this.#afterAttribute(c) : this.#again('unquoted')
    },
    'double-quoted': (c) => (c === '"' ? this.#to('after-value') : this.#valued(c)),
    'single-quoted': (c) => (c === "'" ? this.#to('after-value') : this.#valued(c)),
    unquoted: (c) => (c === '>' || isSpace(c) ? this.#again('after-value') : this.#valued(c)),
    'after-value': (c) => this.#afterAttribute(c),
    'self-closing': (c) => (c === '>' ? this.#emit() : this.#again('before-attribute')),
    raw: (c) => (c === '<' ? this.#to('raw-less-than') : true),
    'raw-less-than': (c) => {
      if (c !== '/') return this.#again('raw')
      this.#start = this.#offset - 1
      this.#name = ''
      return this.#to('raw-end-tag')
    },
    'raw-end-tag': (c) => {
      if (isLetter(c) && this.#name.length < this.#raw.length) {
        this.#name += c.toLowerCase()
        return true
      }
      if (this.#name !== this.#raw || !(isSpace(c) || c === '/' || c === '>')) return this.#again('raw')
      this.#isEnd = true
      this.#attributes = new Map()
      return this.#again('tag-name')
    },
  }

  /** @param token called for each token, in the `push` that completes it */
  constructor(token: (token: HtmlToken) => void) {
    this.#token = token
  }

  /** Units that were read. */
  get offset(): number {
    return this.#offset
  }

  /** Up to here nothing can come to stand before what is yet to be told. */
  get settled(): number {
    return this.#state === 'data' || SKIPPED.has(this.#state) ? this.#offset : this.#start
  }

  /** Reads one unit; whatever is not ASCII may be any number above 127. */
  push(unit: number): void {
    const character = String.fromCharCode(unit)
    while (!this.#steps[this.#state](character));
    this.#offset += 1
  }

  #tag(isEnd: boolean): boolean {
    this.#isEnd = isEnd
    this.#name = ''
    this.#attributes = new Map()
    return this.#again('tag-name')
  }

  /** Keeps the attribute that ends here. */
  #afterAttribute(c: string): boolean {
    // The first one of a name counts.
    if (
      this.#attribute !== '' &&
      this.#attributes.size < MAX_ATTRIBUTES &&
      !this.#attributes.has(this.#attribute)
    ) {
      this.#attributes.set(this.#attribute, this.#value)
    }
    this.#attribute = ''
    this.#value = ''
    if (c === '/') return this.#to('self-closing')
    return c === '>' ? this.#emit() : this.#again('before-attribute')
  }

  #valued(c: string): true {
    this.#value = appended(this.#value, c)
    return true
  }

  #emit(): boolean {
    const place = { name: this.#name, start: this.#start, end: this.#offset + 1 }
    this.#raw = this.#isEnd || !RAW_ELEMENTS.has(this.#name) ? '' : this.#name
    this.#state = this.#raw === '' ? 'data' : 'raw'
    this.#token(
      this.#isEnd ? { kind: 'end', ...place } : { kind: 'start', attributes: this.#attributes, ...place },
    )
    return true
  }

  #markupFrom(seen: string): boolean {
    this.#markup = seen
    return this.#to('markup')
  }

  #to(state: State): boolean {
    this.#state = state
    return true
  }

  #again(state: State): boolean {
    this.#state = state
    return false
  }
}

function appended(text: string, c: string): string {
  return text.length < MAX_VALUE_LENGTH ? text + c : text
}

function isSpace(c: string): boolean {
  return c === ' ' || c === '\n' || c === '\t' || c === '\r' || c === '\f'
}

function isLetter(c: string): boolean {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}
