import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { copyButton, selectText } from '../copy-button.ts'
import type { OperatorLink } from '../admin-link.ts'
import { formatBytes, formatCount } from '../../platform/format.ts'
import { html } from '../html.ts'
import type { Section, SiteState } from '../section.ts'
import { HandForm } from './hand-form.ts'
import { hexDump } from './hex-dump.ts'
import type { MessageDescription } from './message-description.ts'
import { summaryOf, toJson } from './message-description.ts'
import type { Filter } from './message-list.ts'
import { MessageList } from './message-list.ts'

/** Messages that are drawn at once; a button shows as many more of the earlier ones. */
const DRAWN = 200

/** Every message between the clients of the peer and the peer. */
export class InspectorSection implements Section {
  readonly title = 'Inspector'
  readonly #state: SiteState
  readonly #list: MessageList
  readonly #hand: HandForm
  #drawn = DRAWN
  #open: MessageDescription | undefined
  #problem = ''

  constructor(state: SiteState) {
    this.#state = state
    this.#list = new MessageList(() => state.draw())
    this.#hand = new HandForm(state)
  }

  leave(): void {
    this.#list.unwatch()
  }

  view(): TemplateResult {
    const { watched } = this.#state.watch
    if (watched.kind === 'refused') {
      return html`<p class="notice">This page cannot look into the peer: ${watched.why}.</p>`
    }
    if (watched.kind === 'waiting') return html`<p class="quiet">The inspector opens when the peer runs.</p>`
    const { link, report } = watched
    this.#list.watch(link)
    const shown = this.#list.shown
    return html`
      <p class="quiet">
        What pages and peer say to each other, message by message. Nothing is kept while it is off; on, the
        peer keeps the last 2,000. Private keys are never recorded.
      </p>
      ${this.#tools(link, report.recording, shown)}
      ${this.#problem === '' ? nothing : html`<p class="notice bad" role="alert">${this.#problem}</p>`}
      ${this.#table(report.recording, shown)} ${this.#hand.view(report.recording)}
    `
  }

  #tools(link: OperatorLink, recording: boolean, shown: MessageDescription[]): TemplateResult {
    const list = this.#list
    const filter = (change: Partial<Filter>): void => {
      list.filter = { ...list.filter, ...change }
      this.#drawn = DRAWN
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
          @click=${() => this.#record(link, !recording, false)}
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
          ${list.isPaused ? 'Go on' : 'Pause'}
        </button>
        <button
          type="button"
          id="clear"
          ?disabled=${list.count === 0}
          @click=${() => {
            this.#open = undefined
            list.clear()
            void this.#record(link, recording, true)
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
          <label for="filter">Show only messages with these words</label>
          <input
            id="filter"
            type="search"
            autocomplete="off"
            placeholder="name, protocol, peer, number …"
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
              ? 'Recording. Nothing has passed yet.'
              : 'Off: nothing is recorded.'
            : `${formatCount(shown.length, 'message')} of ${list.count.toLocaleString('en')}${list.isPaused ? ', paused' : recording ? ', recording' : ', off'}.`
        }
      </p>
    </div>`
  }

  #table(recording: boolean, shown: MessageDescription[]): TemplateResult {
    if (shown.length === 0) {
      return html`<p class="card quiet">
        ${
          this.#list.count > 0
            ? 'No message has these words.'
            : recording
              ? 'Open a page that uses the peer, such as an example, or send a message below.'
              : 'Press Record, and messages appear here.'
        }
      </p>`
    }
    const drawn = shown.slice(-this.#drawn).reverse()
    const earlier = shown.length - drawn.length
    return html`<div class="card flush">
      <table class="messages">
        <caption class="said">
          Messages, the newest first
        </caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Direction</th>
            <th scope="col">Client</th>
            <th scope="col">Message</th>
            <th scope="col">ID</th>
            <th scope="col" class="number">Size</th>
          </tr>
        </thead>
        <tbody>
          ${repeat(
            drawn,
            (message) => message,
            (message) => this.#row(message),
          )}
        </tbody>
      </table>
      ${
        earlier === 0
          ? nothing
          : html`<p class="row padded">
              <button
                type="button"
                @click=${() => {
                  this.#drawn += DRAWN
                  this.#state.draw()
                }}
              >
                Show ${Math.min(earlier, DRAWN)} earlier of ${earlier.toLocaleString('en')}
              </button>
            </p>`
      }
    </div>`
  }

  #row(message: MessageDescription): TemplateResult {
    const { record, name, id, problem } = message
    const isOpen = this.#open === message
    const toggle = (): void => {
      this.#open = isOpen ? undefined : message
      this.#state.draw()
    }
    return html`<tr class=${isOpen ? 'open' : ''}>
        <td class="time" translate="no">${timeOf(record.time)}</td>
        <td class="direction ${record.direction}">${record.direction === 'in' ? '→ peer' : '← peer'}</td>
        <td class="client" translate="no">${record.client}</td>
        <td class="what">
          <button type="button" class="plain" translate="no" aria-expanded=${isOpen} @click=${toggle}>
            ${name}
          </button>
          <span class="summary ${problem === '' ? '' : 'bad'}" translate=${problem === '' ? 'no' : 'yes'}
            >${summaryOf(message)}</span
          >
        </td>
        <td class="id" translate="no">${id}</td>
        <td class="number size">${formatBytes(record.size)}</td>
      </tr>
      ${
        isOpen
          ? html`<tr class="details">
              <td colspan="6">${details(message)}</td>
            </tr>`
          : nothing
      }`
  }

  async #record(link: OperatorLink, on: boolean, forget: boolean): Promise<void> {
    this.#problem = ''
    try {
      await link.ask({ type: 'record', on, forget })
    } catch (error) {
      this.#problem = `That did not work: ${error instanceof Error ? error.message : String(error)}.`
    }
    this.#state.draw()
  }
}

function details(message: MessageDescription): TemplateResult {
  const { record, bytes, fields, payloadStart, problem } = message
  const left = record.size - bytes.byteLength
  const payload = bytes.subarray(payloadStart)
  return html`<div class="message-details">
    <dl class="fields">
      ${
        problem === ''
          ? nothing
          : html`<dt>Problem</dt>
              <dd>${problem}</dd>`
      }
      ${fields.map(
        ([field, value]) =>
          html`<dt translate="no">${field}</dt>
            <dd><code translate="no">${value}</code></dd>`,
      )}
    </dl>
    ${
      payloadStart === 0
        ? nothing
        : html`<p class="heading">DATA as text</p>
            <pre translate="no" class="code dump" tabindex="0" aria-label="Data as text">
${new TextDecoder().decode(payload)}</pre>`
    }
    <p class="heading">${payloadStart === 0 ? 'Bytes' : 'All bytes'}</p>
    <pre translate="no" class="code dump" tabindex="0" aria-label="Bytes in hexadecimal">
${hexDump(bytes)}</pre>
    ${left > 0 && problem === '' ? html`<p class="quiet">${formatCount(left, 'more byte')} not kept.</p>` : nothing}
  </div>`
}

function timeOf(time: number): string {
  const date = new Date(time)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
}
