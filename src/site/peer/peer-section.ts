import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { PeerReport } from '../../operator/wire.ts'
import { diagnose } from '../../status/index.ts'
import type { Section, SiteState } from '../section.ts'
import { clientsView } from './clients-view.ts'
import { connectionsView } from './connections-view.ts'
import { diagnosisView } from './diagnosis-view.ts'
import { identityView } from './identity-view.ts'
import { knownPeer } from './known-peer.ts'
import { reachView } from './reach-view.ts'
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
      ${report === undefined ? nothing : diagnosisView(diagnose(report.status), report.status)}
      <div class="board">
        ${identityView(peer, isRunning, this.#state.surroundings)} ${reachView(peer, report?.status)}
        ${report === undefined ? this.#unseen() : this.#seen(report)}
      </div>
    `
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
