import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { AdminClient } from '../admin-client.ts'
import { describeError } from '../feedback.ts'
import { formatBytes, formatCount } from '../../platform/format.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import type { SiteState } from '../section.ts'
import { deleteSiteData } from './site-data.ts'

/** Shows how much the browser stores for this site, and deletes it. */
export class StorageCard {
  readonly #state: SiteState
  #usage: string | undefined
  #isConfirming = false
  #isDeleting = false
  #error = ''

  constructor(state: SiteState) {
    this.#state = state
  }

  view(admin: AdminClient, openStreams: number): TemplateResult {
    if (this.#usage === undefined) void this.#measure()
    return html`<section class="card" aria-labelledby="storage-title">
      <h2 id="storage-title">Storage</h2>
      <p id="usage">${this.#usage ?? 'Measuring …'}</p>
      <p class="quiet">
        This includes your peer’s key, these settings, your folders, received files that you haven’t saved
        yet, and this site for offline use.
      </p>
      ${
        this.#isConfirming
          ? this.#confirmation(admin, openStreams)
          : html`<button
              type="button"
              id="forget"
              ?disabled=${this.#isDeleting}
              @click=${() => {
                this.#isConfirming = true
                this.#state.draw()
              }}
            >
              Delete all data
            </button>`
      }
      ${this.#error === '' ? nothing : html`<p role="alert" class="state bad">${sentenceView(this.#error)}</p>`}
    </section>`
  }

  #confirmation(admin: AdminClient, openStreams: number): TemplateResult {
    return html`<div class="notice bad" role="alertdialog" aria-labelledby="forget-title">
      <p id="forget-title">
        This stops your
        peer${openStreams === 0 ? '' : ` and closes ${formatCount(openStreams, 'open connection')}`}, and
        deletes its key, the settings and all folders. You can’t undo this. Export the key first if you want
        to keep your peer’s identity.
      </p>
      <p class="row">
        <button type="button" id="confirm-forget" class="main" @click=${() => void this.#delete(admin)}>
          Delete all data
        </button>
        <button
          type="button"
          @click=${() => {
            this.#isConfirming = false
            this.#state.draw()
          }}
        >
          Cancel
        </button>
      </p>
    </div>`
  }

  async #measure(): Promise<void> {
    this.#usage = 'Measuring …'
    try {
      const { usage = 0, quota = 0 } = await navigator.storage.estimate()
      const persisted = await navigator.storage.persisted()
      this.#usage = `${formatBytes(usage)} used of about ${formatBytes(quota)} available. ${
        persisted
          ? 'The browser keeps this data until you delete it.'
          : 'The browser may delete this data when the disk is full, so export your key.'
      }`
    } catch (error) {
      this.#usage = `The browser doesn’t report how much is stored. ${describeError(error)}`
    }
    this.#state.draw()
  }

  async #delete(admin: AdminClient): Promise<void> {
    this.#isConfirming = false
    this.#isDeleting = true
    this.#state.draw()
    try {
      await deleteSiteData(admin)
      location.reload()
    } catch (error) {
      this.#isDeleting = false
      this.#error = `Some data could not be deleted. ${describeError(error)}`
      this.#state.draw()
    }
  }
}
