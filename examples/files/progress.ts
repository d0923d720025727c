import type { TemplateResult } from 'lit'
import { formatBytes, formatDuration } from '../../src/platform/format.ts'
import type { LinkState } from '../../src/client/index.ts'
import { html } from '../../src/site/html.ts'
import { linkView } from '../shared/link-view.ts'

/** Milliseconds over which the rate is averaged. */
const WINDOW_MS = 4_000

/** Measures the progress, rate and remaining time of a transfer. */
export class Progress {
  readonly total: number
  #done = 0
  #samples: { timeMs: number; done: number }[] = []

  /** @param total bytes to transfer */
  constructor(total: number) {
    this.total = total
  }

  get done(): number {
    return this.#done
  }

  get isOver(): boolean {
    return this.#done >= this.total
  }

  /** Reports the number of transferred bytes. */
  update(done: number): void {
    const timeMs = Date.now()
    this.#done = done
    this.#samples.push({ timeMs, done })
    while ((this.#samples[0]?.timeMs ?? timeMs) < timeMs - WINDOW_MS) this.#samples.shift()
  }

  /** Restarts the measurement of the rate, because a new connection continues the transfer. */
  resume(done: number): void {
    this.#samples = []
    this.update(done)
  }

  /** Returns a progress bar with a label, a description and what carries the transfer. */
  view(label: string, link?: LinkState): TemplateResult {
    return html`<p class="transfer">
      <progress
        aria-label=${label}
        max=${Math.max(1, this.total)}
        .value=${this.total === 0 ? 1 : this.#done}
      ></progress>
      <span>${label}: ${this.description}</span> ${linkView(link)}
    </p>`
  }

  /** The transferred bytes, rate and remaining time. */
  get description(): string {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    const parts = [`${formatBytes(this.#done)} of ${formatBytes(this.total)}`]
    if (first !== undefined && last !== undefined && last.timeMs > first.timeMs) {
      const rate = ((last.done - first.done) / (last.timeMs - first.timeMs)) * 1000
      parts.push(`${formatBytes(rate)}/s`)
      if (rate > 0 && !this.isOver)
        parts.push(`${formatDuration((1000 * (this.total - this.#done)) / rate)} left`)
    }
    return `${parts.join(', ')}.`
  }
}
