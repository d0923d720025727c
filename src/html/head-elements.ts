import type { HtmlToken } from './html-tokenizer.ts'

/** End tags that close the head, or create it implicitly. Others are ignored before the body. */
export const HEAD_ENDING_TAGS: ReadonlySet<string> = new Set(['head', 'body', 'html', 'br'])

/** Start tags that don't close the head; see "in head" in the HTML standard. */
const HEAD_ELEMENTS: ReadonlySet<string> = new Set([
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
  'template',
  'title',
])

/** Returns whether a token closes the head it is in. The token must not be inside a template. */
export function endsHead(token: HtmlToken): boolean {
  switch (token.kind) {
    case 'text':
      return true
    case 'start':
      return !HEAD_ELEMENTS.has(token.name)
    case 'end':
      return HEAD_ENDING_TAGS.has(token.name)
    case 'doctype':
    case 'comment':
    case 'space':
    case 'null':
      return false
    default:
      return token satisfies never
  }
}
