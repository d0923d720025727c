import type { TemplateResult } from 'lit'
import { html as litHtml } from 'lit'
import { keyed } from 'lit/directives/keyed.js'

interface Prepared {
  strings: TemplateStringsArray
  /** For each value, whether it is element content rather than an attribute. */
  isContent: readonly boolean[]
}

/**
 * lit recognizes a template by the identity of its strings. There is one entry per template in the source.
 */
const templates = new WeakMap<TemplateStringsArray, Prepared>()

/**
 * lit's `html`, for pages that the browser may translate.
 *
 * A translator replaces text nodes with its own elements, but lit keeps references to two kinds of text
 * nodes: those it updates, and the static text after a value, which it inserts content before. Therefore each
 * new text is rendered as a new node, and each value is followed by a comment, which translators leave alone.
 */
export function html(strings: TemplateStringsArray, ...values: unknown[]): TemplateResult {
  let template = templates.get(strings)
  if (template === undefined) {
    template = prepare(strings)
    templates.set(strings, template)
  }
  const { isContent } = template
  return litHtml(
    template.strings,
    ...values.map((value, index) =>
      isContent[index] === true && isText(value) ? keyed(value, value) : value,
    ),
  )
}

function isText(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number'
}

function prepare(strings: TemplateStringsArray): Prepared {
  const isContent: boolean[] = []
  let [isInTag, quote] = [false, '']
  for (const string of strings.slice(0, -1)) {
    for (const [character] of string.matchAll(/<(?=[a-z/])|[>"']/gi)) {
      if (!isInTag) isInTag = character === '<'
      else if (quote !== '') quote = character === quote ? '' : quote
      else if (character === '>') isInTag = false
      else if (character !== '<') quote = character
    }
    isContent.push(!isInTag)
  }
  const marked = strings.map((string, index) => (isContent[index - 1] === true ? `<!---->${string}` : string))
  // lit refuses strings without `raw`, to make sure that they come from source code. These do.
  return { strings: Object.assign(marked, { raw: marked }), isContent }
}
