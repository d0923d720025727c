import type { TemplateResult } from 'lit'
import { createRef, ref } from 'lit/directives/ref.js'
import type { PeerReport } from '../../admin/messages.ts'
import { formatBytes } from '../../platform/format.ts'
import { html } from '../html.ts'
import type { Rates } from '../rates.ts'
import type { ThroughputChart } from './throughput-chart.ts'

/**
 * Shows the throughput of all pages, now and over the last two minutes. Loads the chart's code when it is
 * first shown.
 */
export class ThroughputView {
  readonly #rates: Rates
  readonly #place = createRef<HTMLElement>()
  #chart: ThroughputChart | undefined
  #isLoading = false

  constructor(rates: Rates) {
    this.#rates = rates
  }

  leave(): void {
    this.#chart?.destroy()
    this.#chart = undefined
  }

  view({ carried }: PeerReport): TemplateResult {
    // After this rendering, when the chart's element exists.
    queueMicrotask(() => this.#drawChart())
    const { received, sent } = this.#rates.current
    return html`<section class="card" aria-labelledby="throughput-title">
      <h2 id="throughput-title">Throughput</h2>
      <dl class="numbers">
        <div>
          <dt><span class="key received" aria-hidden="true"></span>Received</dt>
          <dd id="received">
            ${formatBytes(received)}/s <span class="quiet">${formatBytes(carried.received)} in total</span>
          </dd>
        </div>
        <div>
          <dt><span class="key sent" aria-hidden="true"></span>Sent</dt>
          <dd id="sent">
            ${formatBytes(sent)}/s <span class="quiet">${formatBytes(carried.sent)} in total</span>
          </dd>
        </div>
      </dl>
      <div
        class="chart"
        role="img"
        aria-label="Bytes per second over the last two minutes"
        ${ref(this.#place)}
      ></div>
    </section>`
  }

  #drawChart(): void {
    const place = this.#place.value
    if (this.#chart !== undefined) {
      this.#chart.draw(this.#rates.columns)
      return
    }
    if (place === undefined || this.#isLoading) return
    this.#isLoading = true
    import('./throughput-chart.ts')
      .then(({ ThroughputChart }) => {
        if (place.isConnected) this.#chart = new ThroughputChart(place)
      })
      // The current numbers are shown without the chart, too.
      .catch((error: unknown) => console.debug('libp2p-websocket:', error))
      .finally(() => {
        this.#isLoading = false
      })
  }
}
