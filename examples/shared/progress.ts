import type { TemplateResult } from 'lit'
import { formatBytes, formatDuration } from '../../src/platform/format.ts'
import { html } from '../../src/site/html.ts'

/** Milliseconds over which the rate is taken. */
const WINDOW_MS = 4_000

/** How far a transfer is, how fast, and how long it still takes. */
export class Progress {
  readonly total: number
  #done = 0
  #samples: { timeMs: number; done: number }[] = []

  /** Of so many bytes. */
  constructor(total: number) {
    this.total = total
  }

  get done(): number {
    return this.#done
  }

  get isOver(): boolean {
    return this.#done >= this.total
  }

  /** So many bytes are there now. */
  at(done: number): void {
    const timeMs = Date.now()
    this.#done = done
    this.#samples.push({ timeMs, done })
    while ((this.#samples[0]?.timeMs ?? timeMs) < timeMs - WINDOW_MS) this.#samples.shift()
  }

  /** The link was lost: what was sent before tells nothing of the rate to come. */
  begin(done: number): void {
    this.#samples = []
    this.at(done)
  }

  /** As a bar, with a label and the words. */
  view(label: string): TemplateResult {
    return html`<p class="transfer">
      <progress
        aria-label=${label}
        max=${Math.max(1, this.total)}
        .value=${this.total === 0 ? 1 : this.#done}
      ></progress>
      <span>${label}: ${this.words}</span>
    </p>`
  }

  /** How much of it is there, how fast it comes, and how long the rest will take. */
  get words(): string {
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
