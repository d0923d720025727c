import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { LinkState } from '../../src/client/index.ts'
import { html } from '../../src/site/html.ts'

/** How bytes travel, in a symbol, a word and a sentence. */
const LINKS: Readonly<Record<LinkState, readonly [symbol: string, word: string, sentence: string]>> = {
  local: ['⌂', 'local', 'Between two pages of one peer'],
  direct: ['●', 'direct', 'Over a link from peer to peer'],
  relayed: ['◐', 'relayed', 'Through a circuit relay'],
  interrupted: ['○', 'interrupted', 'The link was lost, and the peers try to replace it'],
}

/** Shows what carries a connection. Shows nothing if the relay doesn't tell. */
export function linkView(link: LinkState | undefined): TemplateResult | typeof nothing {
  if (link === undefined) return nothing
  const [symbol, word, sentence] = LINKS[link]
  return html`<span class="carrier" title=${sentence}
    ><span aria-hidden="true">${symbol}</span> ${word}</span
  >`
}
