import './peer.css'
import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { PeerReport } from '../../admin/messages.ts'
import { toSentence } from '../feedback.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import { lostPeer, rememberPeer } from '../remembered.ts'
import type { Section, SiteState } from '../section.ts'
import { clientsView } from './clients-view.ts'
import { connectionsView } from './connections-view.ts'
import { DiagnosisView } from './diagnosis-view.ts'
import { identityView } from './identity-view.ts'
import { knownPeer } from './known-peer.ts'
import { reachView } from './reach-view.ts'
import { tcpView } from './tcp-view.ts'
import { ThroughputView } from './throughput-view.ts'

/** Shows the peer live: its identity, reachability, connections, tabs and throughput. */
export class PeerSection implements Section {
  readonly title = 'Your peer'
  readonly #state: SiteState
  readonly #throughput: ThroughputView
  readonly #diagnosis: DiagnosisView
  #hasShown = false

  constructor(state: SiteState) {
    this.#state = state
    this.#throughput = new ThroughputView(state.watch.rates)
    this.#diagnosis = new DiagnosisView(() => state.draw())
  }

  leave(): void {
    this.#throughput.leave()
  }

  view(): TemplateResult {
    const { client, relay, watch } = this.#state
    if (client === undefined) return html`${nothing}`
    const isRunning = relay.kind === 'connected'
    const { watched } = watch
    const report = isRunning && watched.kind === 'open' ? watched.report : undefined
    // Shown in one piece: what came later would move what is there.
    this.#hasShown ||= watched.kind !== 'waiting' && this.#diagnosis.isReady
    if (!this.#hasShown) return html`${nothing}`
    const peer = knownPeer(client, report)
    return html`
      ${report === undefined ? nothing : this.#replacedView(peer.id, report)}
      ${report === undefined ? nothing : this.#diagnosis.view(report.status)}
      <div class="board">
        ${identityView(peer, isRunning, this.#state.environment)} ${reachView(peer, report?.status)}
        ${report === undefined ? this.#refusedView() : this.#reportViews(report)}
      </div>
    `
  }

  /** Reports that a new key has replaced the stored one. */
  #replacedView(id: string, { status }: PeerReport): TemplateResult | typeof nothing {
    const { kind } = status.host.identity
    // The findings report every other state of the key.
    if (!this.#state.environment.inBrowser || (kind !== 'kept' && kind !== 'replaced')) return nothing
    const lost = kind === 'kept' ? lostPeer(id) : undefined
    if (lost === undefined) {
      rememberPeer(id)
      return nothing
    }
    return html`<section id="lost-peer" class="notice" aria-label="New identity">
      <p>
        The key of your peer <code translate="no">${lost}</code> is gone: the browser or a page of this site
        deleted it. Your peer has a new identity now, and old links to it no longer work. If you exported the
        old key, you can import it in <a href="#/settings">Settings</a>.
      </p>
      <button
        type="button"
        @click=${() => {
          rememberPeer(id)
          this.#state.draw()
        }}
      >
        Keep the new identity
      </button>
    </section>`
  }

  #reportViews(report: PeerReport): TemplateResult {
    const { status } = report
    return html`${connectionsView(status)} ${tcpView(status.tcp)}
    ${clientsView(report, this.#state.watch.streamRates)} ${this.#throughput.view(report)}`
  }

  #refusedView(): TemplateResult | typeof nothing {
    const { watched } = this.#state.watch
    if (watched.kind !== 'refused') return nothing
    return html`<p class="notice wide">
      Your peer doesn’t share its state with this page. ${sentenceView(toSentence(watched.reason))}
    </p>`
  }
}
