import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { html } from './html.ts'
import { sentenceView } from './sentence-view.ts'
import { offlineView, describeOffline } from './offline-view.ts'
import { describeRelayState, relayHelpView } from './relay-state-view.ts'
import type { Section, SiteState } from './section.ts'

/**
 * The frame around every section: the heading, the state of the connection to the peer, and help when it
 * fails.
 */
export function shellView(state: SiteState, section: Section | undefined): TemplateResult {
  const { relay, environment, client, watch } = state
  // A browser also reports being offline when only the loopback interface is up, where peers may still be
  // connected.
  const { watched } = watch
  const hasPeers = watched.kind === 'open' && (watched.report.status.peer?.connectionCount ?? 0) > 0
  const notices = html`${offlineView(state.offline, navigator.onLine || hasPeers, () => state.update())}
  ${relayHelpView(relay, environment, () => state.retry())}`
  // The first screen says the rest in the place that it has for it.
  if (section?.title === '') return html`${notices} ${section.view()}`
  const sign = relay.kind === 'connected' ? 'good' : relay.kind === 'waiting' ? 'bad' : ''
  return html`
    <h1 tabindex="-1">${section?.title ?? nothing}</h1>
    <p id="status" role="status" class="state ${sign}">${describeRelayState(relay, client !== undefined)}</p>
    ${notices} ${section === undefined ? nothing : section.view()}
    <p id="kept" class="quiet footnote">${sentenceView(describeOffline(state.offline))}</p>
  `
}
