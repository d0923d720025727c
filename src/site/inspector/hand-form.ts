import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { html } from '../html.ts'
import { sentence } from '../sentence.ts'
import type { SiteState } from '../section.ts'
import type { DraftType } from './hand.ts'
import { DRAFT_FIELDS, DRAFT_TYPES, HandSocket, bytesOfDraft } from './hand.ts'
import { MESSAGE_NAMES } from './message-description.ts'

/** What stands in a field before anything is typed. */
const EXAMPLES: Readonly<Record<string, string>> = {
  PROTOCOL: '/x/hello',
  PEERID: 'a peer ID, or /addrs/…',
  RELAY: 'empty: any way; *: any relay',
  ID: '0',
  DATA: 'text',
  HEX: '01 00 2f 78',
}

/** The form by which a message is sent by hand, over a control socket of its own. */
export class HandForm {
  readonly #state: SiteState
  readonly #socket: HandSocket
  #type: DraftType = 'listen'
  #values: Record<string, string> = { FRAMES: 'true' }
  #said = ''
  #isProblem = false

  constructor(state: SiteState) {
    this.#state = state
    this.#socket = new HandSocket(state.surroundings.relayUrl)
  }

  view(recording: boolean): TemplateResult {
    return html`<form
      class="card"
      aria-labelledby="hand-title"
      @submit=${(event: Event) => this.#submit(event)}
    >
      <h2 id="hand-title">Send a message by hand</h2>
      <p class="quiet">
        Over a socket of its own${recording ? '' : ': record, to see the answer'}.
        ${this.#socket.isOpen ? 'It is open.' : ''}
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
                  ${type === 'bytes' ? 'Any bytes' : MESSAGE_NAMES[type]}
                </option>`,
            )}
          </select>
        </div>
        ${DRAFT_FIELDS[this.#type].map(({ name, kind }) => (kind === 'yes' ? this.#yes(name) : this.#text(name)))}
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
                  this.#say('The socket is closed, and what it listened on is free.', false)
                }}
              >
                Close its socket
              </button>`
            : nothing
        }
      </p>
      <p id="hand-said" role="status" class=${this.#isProblem ? 'state bad' : ''}>${this.#said}</p>
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
        placeholder=${EXAMPLES[name] ?? ''}
        .value=${this.#values[name] ?? ''}
        @input=${(event: Event) => {
          this.#values[name] = (event.currentTarget as HTMLInputElement).value
        }}
      />
    </div>`
  }

  #yes(name: string): TemplateResult {
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
      const bytes = bytesOfDraft({ type: this.#type, values: this.#values })
      await this.#socket.send(bytes)
      this.#say(`Sent, ${bytes.byteLength} bytes.`, false)
    } catch (error) {
      this.#say(sentence(error instanceof Error ? error.message : String(error)), true)
    }
  }

  #say(words: string, isProblem: boolean): void {
    this.#said = words
    this.#isProblem = isProblem
    this.#state.draw()
  }
}
