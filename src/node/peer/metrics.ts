import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { MetricsSource } from './metric-table.ts'
import { METRICS } from './metric-table.ts'

/** The prefix of every metric of this program. */
const PREFIX = 'libp2p_websocket_'

/** Metrics of the relay and the process for Prometheus, read from a new snapshot for each scrape. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #read: () => MetricsSource
  readonly #updates: ((source: MetricsSource) => void)[]

  constructor(read: () => MetricsSource) {
    this.#read = read
    collectDefaultMetrics({ register: this.#registry })
    this.#updates = METRICS.map(({ name, type, help, labels = [], read: samples }) => {
      const configuration = {
        name: `${PREFIX}${name}`,
        help,
        labelNames: [...labels],
        registers: [this.#registry],
      }
      const metric = type === 'gauge' ? new Gauge(configuration) : new Counter(configuration)
      return (source) => {
        metric.reset()
        // reset() sets a metric without labels to 0, even if it has no sample.
        if (labels.length === 0) metric.remove()
        for (const sample of samples(source)) metric.inc(sample.labels ?? {}, sample.value)
      }
    })
  }

  async text(): Promise<string> {
    const source = this.#read()
    for (const update of this.#updates) update(source)
    return await this.#registry.metrics()
  }
}
