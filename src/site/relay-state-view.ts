import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { RelayLinkState } from '../client/index.ts'
import type { Environment } from './environment.ts'
import { toSentence } from './feedback.ts'
import { formatCount } from '../platform/format.ts'
import { html } from './html.ts'
import { sentenceView } from './sentence-view.ts'

/**
 * Describes the page's connection to its peer in a sentence. `lost` says that there was a connection before.
 */
export function describeRelayState(state: RelayLinkState, lost: boolean): string {
  switch (state.kind) {
    case 'connecting':
      return lost ? 'The connection to your peer was lost. Reconnecting …' : 'Starting your libp2p peer …'
    case 'connected':
      return 'Your libp2p peer is running.'
    case 'waiting': {
      const seconds = Math.max(1, Math.round(state.retryMs / 1000))
      const what = lost ? 'The connection to your peer was lost.' : 'Your peer did not respond.'
      return `${what} Trying again in about ${formatCount(seconds, 'second')}.`
    }
    case 'stopped':
      return 'This page has stopped.'
    default:
      return state satisfies never
  }
}

/** Explains what the user can do while the page waits to reconnect; `nothing` in every other state. */
export function relayHelpView(
  state: RelayLinkState,
  environment: Environment,
  retry: () => void,
): TemplateResult | typeof nothing {
  if (state.kind !== 'waiting') return nothing
  return html`<section class="notice bad" aria-label="What to do">
    <p>${sentenceView(toSentence(state.error.message))}</p>
    ${
      environment.reason === ''
        ? nothing
        : html`<p id="no-peer-here">
            Your peer can’t run in this browser, because ${sentenceView(environment.reason)}.
          </p>`
    }
    <p>
      To run your peer on this computer instead, enter <code translate="no">npm start</code> in the project’s
      folder, or <code translate="no">npx libp2p-websocket -start</code> anywhere. Then open the address that
      it prints.
    </p>
    <button type="button" id="retry" @click=${retry}>Try again now</button>
  </section>`
}
