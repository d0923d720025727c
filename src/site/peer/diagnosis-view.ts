import type { TemplateResult } from 'lit'
import type { RelayStatus } from '../../status/index.ts'
import { describeError } from '../feedback.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import type { findingsView } from './findings-view.ts'

/** The part of the page that says what is wrong. Its code is loaded once, when this is made. */
export class DiagnosisView {
  readonly #draw: () => void
  #findingsView: typeof findingsView | undefined
  #failure = ''

  /** @param draw renders the page again when the code has been loaded */
  constructor(draw: () => void) {
    this.#draw = draw
    void this.#load()
  }

  /** Whether its code has been loaded, or can't be. */
  get isReady(): boolean {
    return this.#findingsView !== undefined || this.#failure !== ''
  }

  view(status: RelayStatus): TemplateResult {
    // The live region is rendered before its content, so that screen readers announce the content.
    return html`<div id="findings" role="status">
      ${this.#failure === '' ? this.#findingsView?.(status) : this.#failureView()}
    </div>`
  }

  async #load(): Promise<void> {
    try {
      this.#findingsView = (await import('./findings-view.ts')).findingsView
    } catch (error) {
      console.error('libp2p-websocket:', error)
      this.#failure = describeError(error)
    }
    this.#draw()
  }

  #failureView(): TemplateResult {
    return html`<p class="notice bad">
      The diagnosis could not be loaded. ${sentenceView(this.#failure)} Reload the page to try again.
    </p>`
  }
}
