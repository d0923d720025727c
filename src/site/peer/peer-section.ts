import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { PeerReport } from '../../admin/messages.ts'
import { diagnose } from '../../status/index.ts'
import { html } from '../html.ts'
import type { Section, SiteState } from '../section.ts'
import { clientsView } from './clients-view.ts'
import { connectionsView } from './connections-view.ts'
import { diagnosisView } from './diagnosis-view.ts'
import { identityView } from './identity-view.ts'
import { knownPeer } from './known-peer.ts'
import { reachView } from './reach-view.ts'
import { lostPeer, rememberPeer } from '../remembered.ts'
import { ThroughputView } from './throughput-view.ts'

/** The peer, live: who it is, who reaches it and how, who uses it, what passes. */
export class PeerSection implements Section {
  readonly title = ''
  readonly #state: SiteState
  readonly #throughput: ThroughputView

  constructor(state: SiteState) {
    this.#state = state
    this.#throughput = new ThroughputView(state.watch.rates)
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
    const peer = knownPeer(client, report)
    return html`
      ${report === undefined ? nothing : this.#lost(peer.id, report)}
      ${report === undefined ? nothing : diagnosisView(diagnose(report.status), report.status)}
      <div class="board">
        ${identityView(peer, isRunning, this.#state.surroundings)} ${reachView(peer, report?.status)}
        ${report === undefined ? this.#unseen() : this.#seen(report)}
      </div>
    `
  }

  /** Says that another key has come in the place of one that was kept. */
  #lost(id: string, { status }: PeerReport): TemplateResult | typeof nothing {
    const { kind } = status.host.identity
    // All else that can become of a key is a finding.
    if (!this.#state.surroundings.inBrowser || (kind !== 'kept' && kind !== 'replaced')) return nothing
    const lost = kind === 'kept' ? lostPeer(id) : undefined
    if (lost === undefined) {
      rememberPeer(id)
      return nothing
    }
    return html`<section id="lost-peer" class="notice" aria-label="Another peer">
      <p>
        Your peer was <code translate="no">${lost}</code>, and its key is gone: the browser has deleted it, or
        a page of this site. Your peer has a new key now, and links to the old one lead nowhere. If you have
        saved the old key in a file, use it in <a href="#/settings">Settings</a>.
      </p>
      <button
        type="button"
        @click=${() => {
          rememberPeer(id)
          this.#state.draw()
        }}
      >
        Keep the new one
      </button>
    </section>`
  }

  #seen(report: PeerReport): TemplateResult {
    return html`${connectionsView(report.status)} ${clientsView(report, this.#state.watch.streamRates)}
    ${this.#throughput.view(report)}`
  }

  #unseen(): TemplateResult | typeof nothing {
    const { watched } = this.#state.watch
    if (watched.kind !== 'refused') return nothing
    return html`<p class="notice wide">
      What the peer is doing cannot be shown to this page: ${watched.why}.
    </p>`
  }
}
