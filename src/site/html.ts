import type { TemplateResult } from 'lit'
import { html as litHtml } from 'lit'
import { keyed } from 'lit/directives/keyed.js'

interface Prepared {
  strings: TemplateStringsArray
  /** Of each value, whether it is rendered as content, not as an attribute. */
  isContent: readonly boolean[]
}

/**
 * lit recognizes a template by the identity of its strings. There is one entry per template of the source.
 */
const templates = new WeakMap<TemplateStringsArray, Prepared>()

/**
 * lit's `html`, for pages that a browser may translate.
 *
 * A translator replaces the page's text nodes by its own elements. lit keeps references to two kinds of them:
 * the node that it updates when a text changes, and the static text after a value, in front of which it
 * inserts. So each text gets a node of its own for each value, and a comment, which no translator touches,
 * ends each value.
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
  // Only what has been written in the source of a page gets here: lit refuses strings without this property.
  return { strings: Object.assign(marked, { raw: marked }), isContent }
}
