import type { HtmlToken } from './html-tokenizer.ts'

/** End tags that end the head, or bring it about; others are parse errors before the body. */
export const ENDING: ReadonlySet<string> = new Set(['head', 'body', 'html', 'br'])

/** What a head may hold without ending; see "in head" in the HTML standard. */
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

/** Whether a token that stands in a head, and in no template there, ends it. */
export function endsHead(token: HtmlToken): boolean {
  switch (token.kind) {
    case 'text':
      return true
    case 'start':
      return !HEAD_ELEMENTS.has(token.name)
    case 'end':
      return ENDING.has(token.name)
    case 'doctype':
    case 'comment':
    case 'space':
    case 'null':
      return false
    default:
      return token satisfies never
  }
}
