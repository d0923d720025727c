import type { TemplateResult } from 'lit'
import { html } from './html.ts'

/**
 * What a translator would damage in a sentence: quoted names, URLs, paths and addresses, flags, file and host
 * names, and IDs.
 */
const CODE =
  /(“[^”]+”|"[^"]+"|(?:\w+:\/)?\B\/\S*\w|…\w+|\B-[a-z]\w+|\b[\w-]+(?:\.[\w-]+)+(?::\d+)?|\b(?=[a-z]*\d)\w{8,})/iu

/** Splits a sentence; every second part is code. */
export function codeParts(sentence: string): string[] {
  return sentence.split(CODE)
}

/** Shows a sentence, and keeps translators from changing the code in it. */
export function sentenceView(sentence: string): TemplateResult {
  return html`${codeParts(sentence).map((part, index) =>
    index % 2 === 0 ? html`${part}` : html`<span translate="no">${part}</span>`,
  )}`
}
