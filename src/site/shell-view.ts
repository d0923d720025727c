import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { html } from './html.ts'
import { offlineView, offlineWords } from './offline-view.ts'
import { relayHelp, relayWords } from './relay-words.ts'
import type { Section, SiteState } from './section.ts'

/** What every part of the page stands in: how the peer is, in one line, and what to do if there is none. */
export function shellView(state: SiteState, section: Section | undefined): TemplateResult {
  const { relay, surroundings, client, watch } = state
  // A browser also says that it is offline where only the loopback interface is up, on which a peer may be connected.
  const { watched } = watch
  const hasPeers = watched.kind === 'open' && (watched.report.status.peer?.connectionCount ?? 0) > 0
  const sign = relay.kind === 'connected' ? 'good' : relay.kind === 'waiting' ? 'bad' : ''
  return html`
    <h1 tabindex="-1" class=${section?.title === '' ? 'said' : ''}>${section?.title || 'Your peer'}</h1>
    <p id="status" role="status" class="state ${sign}">${relayWords(relay, client !== undefined)}</p>
    ${offlineView(state.offline, navigator.onLine || hasPeers, () => state.update())}
    ${relayHelp(relay, surroundings, () => state.retry())} ${section === undefined ? nothing : section.view()}
    <p id="kept" class="quiet footnote">${offlineWords(state.offline)}</p>
  `
}
