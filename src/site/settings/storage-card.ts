import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { OperatorLink } from '../admin-link.ts'
import { formatBytes, formatCount } from '../../platform/format.ts'
import { html } from '../html.ts'
import type { SiteState } from '../section.ts'
import { forgetEverything } from './forget.ts'
import { wordsOf } from './said.ts'

/** What the browser keeps for this site, and the way to be rid of it. */
export class StorageCard {
  readonly #state: SiteState
  #usage: string | undefined
  #isAsking = false
  #isForgetting = false
  #problem = ''

  constructor(state: SiteState) {
    this.#state = state
  }

  view(link: OperatorLink, open: number): TemplateResult {
    if (this.#usage === undefined) void this.#measure()
    return html`<section class="card" aria-labelledby="storage-title">
      <h2 id="storage-title">Storage</h2>
      <p id="usage">${this.#usage ?? 'Counting …'}</p>
      <p class="quiet">
        The key, these settings, folders that were added, files that were received until they are saved, and
        the site itself for when there is no network.
      </p>
      ${
        this.#isAsking
          ? this.#confirm(link, open)
          : html`<button
              type="button"
              id="forget"
              ?disabled=${this.#isForgetting}
              @click=${() => {
                this.#isAsking = true
                this.#state.draw()
              }}
            >
              Forget everything
            </button>`
      }
      ${this.#problem === '' ? nothing : html`<p role="alert" class="state bad">${this.#problem}</p>`}
    </section>`
  }

  #confirm(link: OperatorLink, open: number): TemplateResult {
    return html`<div class="notice bad" role="alertdialog" aria-labelledby="forget-title">
      <p id="forget-title">
        The peer ends${open === 0 ? '' : ` with ${formatCount(open, 'open connection')} of pages`}. Its key
        and its name, the settings and all folders are deleted, and cannot be had back.
      </p>
      <p class="row">
        <button type="button" id="confirm-forget" class="main" @click=${() => void this.#forget(link)}>
          Forget everything
        </button>
        <button
          type="button"
          @click=${() => {
            this.#isAsking = false
            this.#state.draw()
          }}
        >
          Keep it
        </button>
      </p>
    </div>`
  }

  async #measure(): Promise<void> {
    this.#usage = 'Counting …'
    try {
      const { usage = 0, quota = 0 } = await navigator.storage.estimate()
      const persisted = await navigator.storage.persisted()
      this.#usage = `${formatBytes(usage)} used, of about ${formatBytes(quota)} that the browser allows. ${
        persisted
          ? 'It deletes nothing of it by itself.'
          : 'It may delete it when the disk is full: keep a copy of the key.'
      }`
    } catch (error) {
      this.#usage = `The browser does not say what is used. ${wordsOf(error)}`
    }
    this.#state.draw()
  }

  async #forget(link: OperatorLink): Promise<void> {
    this.#isAsking = false
    this.#isForgetting = true
    this.#state.draw()
    try {
      await forgetEverything(link)
      location.reload()
    } catch (error) {
      this.#isForgetting = false
      this.#problem = `Not all of it could be deleted. ${wordsOf(error)}`
      this.#state.draw()
    }
  }
}
