import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { RelayLinkState } from '../client/index.ts'
import { html } from './html.ts'
import { sentence } from './sentence.ts'

/** What the page runs in, asked once by its entry. */
export interface Surroundings {
  /** Whether the page talks to a peer in its own browser; else to the one of the program that serves it. */
  inBrowser: boolean
  /** Whether that was asked for, with `?native` in the page's address. */
  native: boolean
  /** Why there is no peer in this browser, in words, if it was not asked for; else empty. */
  reason: string
  /** Where the relay is looked for. */
  relayUrl: string
}

/** One sentence on the way to the relay; `lost` if there was one before. */
export function relayWords(state: RelayLinkState, lost: boolean): string {
  switch (state.kind) {
    case 'connecting':
      return lost ? 'The relay was lost. Trying to reach it again …' : 'Starting your libp2p peer …'
    case 'connected':
      return 'Your libp2p peer is running.'
    case 'waiting': {
      const seconds = Math.max(1, Math.round(state.retryMs / 1000))
      const what = lost ? 'The relay was lost.' : 'No relay could be reached.'
      return `${what} Trying again in about ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`
    }
    case 'stopped':
      return 'This page has stopped.'
    default:
      return state satisfies never
  }
}

/** What the person can do while there is no relay; nothing while there is one, or may soon be. */
export function relayHelp(
  state: RelayLinkState,
  surroundings: Surroundings,
  retry: () => void,
): TemplateResult | typeof nothing {
  if (state.kind !== 'waiting') return nothing
  return html`<section class="notice bad" aria-label="What to do">
    <p>${sentence(state.error.message)}</p>
    ${
      surroundings.reason === ''
        ? nothing
        : html`<p id="no-peer-here">There is no peer in this browser either: ${surroundings.reason}.</p>`
    }
    <p>
      A relay on this machine is started with <code translate="no">npm start</code> in the project’s folder,
      or with <code translate="no">npx libp2p-websocket -start</code>; then open the page at the address that
      it prints.
    </p>
    <button type="button" id="retry" @click=${retry}>Try again now</button>
  </section>`
}
