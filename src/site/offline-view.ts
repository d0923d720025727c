import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { Kept } from '../service-worker/page-messages.ts'
import type { OfflineState } from './offline-copy.ts'
import { toSentence } from './feedback.ts'
import { html } from './html.ts'

/** Notices about a missing network and new builds; empty while everything is normal. */
export function offlineView(
  state: OfflineState,
  isOnline: boolean,
  update: () => void,
): TemplateResult | typeof nothing {
  return html`${isOnline ? nothing : offlineNotice(state)} ${updateView(state, update)}`
}

function offlineNotice(state: OfflineState): TemplateResult {
  return html`<p id="offline" role="status" class="notice">
    You are offline. Tabs of this browser can still connect to each other.
    ${
      state.kind === 'unavailable'
        ? 'This site may not open again until you are back online.'
        : 'This site and its folders still open.'
    }
    Your peer reconnects to other peers as soon as you are back online.
  </p>`
}

function updateView(state: OfflineState, update: () => void): TemplateResult | typeof nothing {
  switch (state.kind) {
    case 'update':
      return html`<section id="update" class="notice" aria-label="A new version">
        <p>A new version of this site is available. Updating reloads all of its tabs.</p>
        <button type="button" id="take-update" @click=${update}>Update and reload</button>
      </section>`
    case 'updating':
      return html`<p class="notice" role="status">Updating …</p>`
    case 'blocked':
      return html`<section id="held-up" class="notice" aria-label="Update blocked">
        <p>The update would interrupt these tabs. Close them, or let them finish, and try again:</p>
        <ul>
          ${state.tabs.map(
            ({ url, why }) =>
              html`<li>
                <code translate="no">${url}</code>
                ${why === 'streams' ? 'has open connections' : 'did not answer'}
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

/** Says whether the site opens offline. */
export function describeOffline(state: OfflineState): string {
  switch (state.kind) {
    case 'starting':
      return ''
    case 'installing':
      return 'Saving this site for offline use …'
    case 'ready':
      return state.kept === undefined ? '' : describeKept(state.kept, state.firstVisit)
    case 'unavailable':
      return `This site doesn’t open offline, and folders are unavailable. ${toSentence(state.reason)}`
    case 'update':
    case 'updating':
    case 'blocked':
      return 'This site opens offline.'
    default:
      return state satisfies never
  }
}

function describeKept({ missing, network }: Kept, firstVisit: boolean): string {
  if (missing > 0) {
    const files = missing === 1 ? 'One file' : `${missing} files`
    return `${files} of this site could not be saved, so it may not open offline. Reload the page to try again.`
  }
  const relays = network
    ? ''
    : ' It won’t find any circuit relays offline, because network.json could not be saved.'
  return firstVisit
    ? `This site now opens offline. Reload pages that were already open, so that they find your peer.${relays}`
    : `This site opens offline.${relays}`
}
