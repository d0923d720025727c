import './inspector.css'
import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { AdminClient } from '../admin-client.ts'
import { copyButton, selectText } from '../copy-button.ts'
import { describeError, toSentence } from '../feedback.ts'
import { formatCount } from '../../platform/format.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import type { Section, SiteState } from '../section.ts'
import type { MessageDescription } from './message-description.ts'
import { toJson } from './message-description.ts'
import type { Filter } from './message-list.ts'
import { MessageList } from './message-list.ts'
import { messageTableView } from './message-table-view.ts'
import { SendForm } from './send-form.ts'

/** Messages to show at first; a button shows as many earlier ones. */
const PAGE_SIZE = 200

/** Records and shows the messages between the peer and its clients, and sends single messages. */
export class InspectorSection implements Section {
  readonly title = 'Inspector'
  readonly #state: SiteState
  readonly #list: MessageList
  readonly #form: SendForm
  #limit = PAGE_SIZE
  #selected: MessageDescription | undefined
  #error = ''

  constructor(state: SiteState) {
    this.#state = state
    this.#list = new MessageList(() => state.draw())
    this.#form = new SendForm(state)
  }

  leave(): void {
    this.#list.unwatch()
  }

  view(): TemplateResult {
    const { watched } = this.#state.watch
    if (watched.kind === 'refused') {
      return html`<p class="notice">
        The inspector is not available. ${sentenceView(toSentence(watched.reason))}
      </p>`
    }
    if (watched.kind === 'waiting')
      return html`<p class="quiet">The inspector opens when your peer is running.</p>`
    const { admin, report } = watched
    this.#list.watch(admin)
    const shown = this.#list.shown
    return html`
      <p class="quiet">
        Record the messages between pages and your peer. Your peer keeps the last 2,000 while recording, and
        none otherwise. Private keys are never recorded.
      </p>
      ${this.#tools(admin, report.recording, shown)}
      ${this.#error === '' ? nothing : html`<p class="notice bad" role="alert">${sentenceView(this.#error)}</p>`}
      ${this.#messages(report.recording, shown)} ${this.#form.view(report.recording)}
    `
  }

  #tools(admin: AdminClient, recording: boolean, shown: MessageDescription[]): TemplateResult {
    const list = this.#list
    const filter = (change: Partial<Filter>): void => {
      list.filter = { ...list.filter, ...change }
      this.#limit = PAGE_SIZE
      this.#state.draw()
    }
    const valueOf = (event: Event): string => (event.currentTarget as HTMLInputElement).value
    return html`<div class="card tools" role="group" aria-label="Recording">
      <div class="row">
        <button
          type="button"
          id="record"
          class=${recording ? '' : 'main'}
          aria-pressed=${recording}
          @click=${() => this.#record(admin, !recording, false)}
        >
          ${recording ? 'Stop recording' : 'Record'}
        </button>
        <button
          type="button"
          id="pause"
          aria-pressed=${list.isPaused}
          ?disabled=${!recording}
          @click=${() => {
            list.isPaused = !list.isPaused
            this.#state.draw()
          }}
        >
          ${list.isPaused ? 'Resume' : 'Pause'}
        </button>
        <button
          type="button"
          id="clear"
          ?disabled=${list.count === 0}
          @click=${() => {
            this.#selected = undefined
            list.clear()
            void this.#record(admin, recording, true)
          }}
        >
          Clear
        </button>
        ${copyButton(
          'copy-json',
          'Copy as JSON',
          () => toJson(this.#list.shown),
          () => selectText(document.querySelector('.messages')),
        )}
      </div>
      <div class="row">
        <div class="grow">
          <label for="filter">Filter messages</label>
          <input
            id="filter"
            type="search"
            autocomplete="off"
            placeholder="Name, protocol, peer or ID"
            .value=${list.filter.words}
            @input=${(event: Event) => filter({ words: valueOf(event) })}
          />
        </div>
        <div>
          <label for="direction">Direction</label>
          <select
            id="direction"
            @change=${(event: Event) => filter({ direction: valueOf(event) as Filter['direction'] })}
          >
            <option value="both">both</option>
            <option value="in">to the peer</option>
            <option value="out">from the peer</option>
          </select>
        </div>
      </div>
      <p id="recorded" class="quiet">
        ${
          list.count === 0
            ? recording
              ? 'Recording. No messages yet.'
              : 'Not recording.'
            : `${shown.length.toLocaleString('en')} of ${formatCount(list.count, 'message')}, ${list.isPaused ? 'paused' : recording ? 'recording' : 'not recording'}.`
        }
      </p>
    </div>`
  }

  #messages(recording: boolean, shown: MessageDescription[]): TemplateResult {
    if (shown.length === 0) {
      return html`<p class="card quiet">
        ${
          this.#list.count > 0
            ? 'No messages match the filter.'
            : recording
              ? 'Open a page that uses your peer, such as an example, or send a message below.'
              : 'Press Record to see messages here.'
        }
      </p>`
    }
    const messages = shown.slice(-this.#limit).reverse()
    return messageTableView({
      messages,
      selected: this.#selected,
      earlier: shown.length - messages.length,
      step: PAGE_SIZE,
      select: (message) => {
        this.#selected = message
        this.#state.draw()
      },
      showEarlier: () => {
        this.#limit += PAGE_SIZE
        this.#state.draw()
      },
    })
  }

  async #record(admin: AdminClient, on: boolean, forget: boolean): Promise<void> {
    this.#error = ''
    try {
      await admin.ask({ type: 'record', on, forget })
    } catch (error) {
      this.#error = `${forget ? 'The messages could not be cleared.' : `Recording could not be ${on ? 'started' : 'stopped'}.`} ${describeError(error)}`
    }
    this.#state.draw()
  }
}
