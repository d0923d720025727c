import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { Feedback } from '../feedback.ts'
import { describeError } from '../feedback.ts'
import { formatCount } from '../../platform/format.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import type { SiteState } from '../section.ts'
import type { DraftType } from './draft.ts'
import { DRAFT_FIELDS, DRAFT_TYPES, encodeDraft } from './draft.ts'
import { DraftSocket } from './draft-socket.ts'
import { MESSAGE_NAMES } from './message-description.ts'

/** The fields' placeholders. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  PROTOCOL: '/x/hello',
  PEERID: 'a peer ID, or /addrs/…',
  RELAY: 'empty for any path, * for any circuit relay',
  ID: '0',
  DATA: 'text',
  HEX: '01 00 2f 78',
}

/** The form that sends a single message over a control socket of its own. */
export class SendForm {
  readonly #state: SiteState
  readonly #socket: DraftSocket
  #type: DraftType = 'listen'
  #values: Record<string, string> = { FRAMES: 'true' }
  #feedback: Feedback = { text: '', isError: false }

  constructor(state: SiteState) {
    this.#state = state
    this.#socket = new DraftSocket(state.environment.relayUrl)
  }

  view(recording: boolean): TemplateResult {
    return html`<form
      class="card"
      aria-labelledby="hand-title"
      @submit=${(event: Event) => this.#submit(event)}
    >
      <h2 id="hand-title">Send a message</h2>
      <p class="quiet">
        Uses a WebSocket of its own${this.#socket.isOpen ? ', which is open' : ''}.
        ${recording ? '' : 'Press Record to see the answer.'}
      </p>
      <div class="hand">
        <div>
          <label for="hand-type">Message</label>
          <select
            id="hand-type"
            .value=${this.#type}
            @change=${(event: Event) => {
              this.#type = (event.currentTarget as HTMLSelectElement).value as DraftType
              this.#state.draw()
            }}
          >
            ${DRAFT_TYPES.map(
              (type) =>
                html`<option
                  value=${type}
                  translate=${type === 'bytes' ? 'yes' : 'no'}
                  ?selected=${type === this.#type}
                >
                  ${type === 'bytes' ? 'Raw bytes' : MESSAGE_NAMES[type]}
                </option>`,
            )}
          </select>
        </div>
        ${DRAFT_FIELDS[this.#type].map(({ name, kind }) => (kind === 'flag' ? this.#flag(name) : this.#text(name)))}
      </div>
      <p class="row">
        <button id="hand-send" class="main">Send</button>
        ${
          this.#socket.isOpen
            ? html`<button
                type="button"
                id="hand-close"
                @click=${() => {
                  this.#socket.close()
                  this.#show('Closed. Its listeners have stopped.', false)
                }}
              >
                Close the socket
              </button>`
            : nothing
        }
      </p>
      <p id="hand-said" role="status" class=${this.#feedback.isError ? 'state bad' : ''}>
        ${sentenceView(this.#feedback.text)}
      </p>
    </form>`
  }

  #text(name: string): TemplateResult {
    const id = `hand-${name.toLowerCase()}`
    return html`<div>
      <label for=${id} translate="no">${name}</label>
      <input
        id=${id}
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        placeholder=${PLACEHOLDERS[name] ?? ''}
        .value=${this.#values[name] ?? ''}
        @input=${(event: Event) => {
          this.#values[name] = (event.currentTarget as HTMLInputElement).value
        }}
      />
    </div>`
  }

  #flag(name: string): TemplateResult {
    return html`<label class="check">
      <input
        type="checkbox"
        id=${`hand-${name.toLowerCase()}`}
        .checked=${this.#values[name] === 'true'}
        @change=${(event: Event) => {
          this.#values[name] = (event.currentTarget as HTMLInputElement).checked ? 'true' : ''
        }}
      />
      <span translate="no">${name}</span>
    </label>`
  }

  #submit(event: Event): void {
    event.preventDefault()
    void this.#send()
  }

  async #send(): Promise<void> {
    try {
      const bytes = encodeDraft({ type: this.#type, values: this.#values })
      await this.#socket.send(bytes)
      this.#show(`Sent ${formatCount(bytes.byteLength, 'byte')}.`, false)
    } catch (error) {
      this.#show(describeError(error), true)
    }
  }

  #show(text: string, isError: boolean): void {
    this.#feedback = { text, isError }
    this.#state.draw()
  }
}
