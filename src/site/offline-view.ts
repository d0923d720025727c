import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { Kept } from '../service-worker/page-messages.ts'
import { html } from './html.ts'
import type { OfflineState } from './offline-site.ts'
import { sentence } from './sentence.ts'

/** What there is to say of the network and of new builds; nothing while all is as usual. */
export function offlineView(
  state: OfflineState,
  isOnline: boolean,
  update: () => void,
): TemplateResult | typeof nothing {
  return html`${isOnline ? nothing : withoutNetwork(state)} ${updateView(state, update)}`
}

function withoutNetwork(state: OfflineState): TemplateResult {
  return html`<p id="offline" role="status" class="notice">
    There is no network. Tabs of this browser still talk to each other, and folders
    open${state.kind === 'unavailable' ? '; the site itself may not, once it is closed' : ', as does this site'}.
    Other peers are tried again as soon as the network is back.
  </p>`
}

function updateView(state: OfflineState, update: () => void): TemplateResult | typeof nothing {
  switch (state.kind) {
    case 'update':
      return html`<section id="update" class="notice" aria-label="A new version">
        <p>There is a new version of this site. All its tabs begin anew with it.</p>
        <button type="button" id="take-update" @click=${update}>Use the new version</button>
      </section>`
    case 'updating':
      return html`<p class="notice" role="status">The new version takes over …</p>`
    case 'held-up':
      return html`<section id="held-up" class="notice" aria-label="The new version waits">
        <p>The new version waits for these tabs. Close them, or let them end what they do:</p>
        <ul>
          ${state.tabs.map(
            ({ url, why }) =>
              html`<li>
                <code translate="no">${url}</code>,
                ${why === 'streams' ? 'in which streams are open' : 'which cannot say whether it may begin anew'}
              </li>`,
          )}
        </ul>
        <button type="button" id="take-update" @click=${update}>Try again</button>
      </section>`
    case 'starting':
    case 'installing':
    case 'ready':
    case 'unavailable':
      return nothing
    default:
      return state satisfies never
  }
}

/** Whether the site opens without a network, in a sentence. */
export function offlineWords(state: OfflineState): string {
  switch (state.kind) {
    case 'starting':
      return ''
    case 'installing':
      return 'The site is being kept, so that it opens without a network.'
    case 'ready':
      return state.kept === undefined ? '' : keptWords(state.kept, state.firstVisit)
    case 'unavailable':
      return `The site does not open without a network, and folders cannot be opened: ${sentence(state.why)}`
    case 'update':
    case 'updating':
    case 'held-up':
      return 'The site is kept: it opens without a network.'
    default:
      return state satisfies never
  }
}

function keptWords({ missing, network }: Kept, firstVisit: boolean): string {
  if (missing > 0) {
    const files = missing === 1 ? 'One file of the site is' : `${missing} files of the site are`
    return `${files} not kept, and the server did not give them as they were built: without a network the site may not open.`
  }
  const relays = network ? '' : ' Without the server it finds no relays: network.json is not kept.'
  return firstVisit
    ? `The site is kept, and opens without a network from now on. Pages that were open before find the peer once they are loaded anew.${relays}`
    : `The site is kept: it opens without a network.${relays}`
}
