import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { copyButton, selectText } from '../copy-button.ts'
import type { DamagedKey } from '../../admin/messages.ts'
import type { OperatorLink } from '../admin-link.ts'
import { html } from '../html.ts'
import { rememberPeer } from '../remembered.ts'
import type { SiteState } from '../section.ts'
import type { Said } from './said.ts'
import { wordsOf } from './said.ts'

/** Characters of a file that is read as a key: one of RSA with 8,192 bits has some 6,400. */
const MAX_KEY_LENGTH = 16_384

/** Whom an {@link IdentityCard} tells what. */
export interface IdentityCardInit {
  /** Another identity waits for the next start. */
  changed(): void
  /** The damaged keys are deleted. */
  damagedForgotten(): void
}

/** The peer's key: to be shown, saved, put in the place of another, made anew. */
export class IdentityCard {
  readonly #state: SiteState
  readonly #init: IdentityCardInit
  #isShown = false
  /** A key that was chosen and waits for a yes. Empty: a new one. */
  #chosen: string | undefined
  #said: Said = { words: '', isProblem: false }

  constructor(state: SiteState, init: IdentityCardInit) {
    this.#state = state
    this.#init = init
  }

  /** @param damaged what was stored as the key and is none, the latest first */
  view(link: OperatorLink, damaged: readonly DamagedKey[]): TemplateResult {
    const { client } = this.#state
    const key = client?.key ?? ''
    return html`<section class="card" aria-labelledby="identity-title">
      <h2 id="identity-title">
        Identity <span class="quiet">(<code translate="no">-key</code> of the command)</span>
      </h2>
      <p>
        The peer is called <code translate="no" id="peer-name">${client?.peer ?? ''}</code> because it holds a
        private key. Whoever has a copy of the key <strong>is</strong> this peer: can take its name, and
        receive what is meant for it. Lose it, and the name is gone: nobody can give it back.
      </p>
      ${damaged.length === 0 ? nothing : this.#damaged(link, damaged)}
      <div class="row">
        <button type="button" id="show-key" aria-expanded=${this.#isShown} @click=${() => this.#toggle()}>
          ${this.#isShown ? 'Hide the key' : 'Show the key'}
        </button>
        <button type="button" id="export-key" ?disabled=${key === ''} @click=${() => this.#export(key)}>
          Save it as a file
        </button>
        <label class="button" for="import-key">
          Use another one, from a file
          <input
            type="file"
            id="import-key"
            class="said"
            accept=".key,.txt,text/plain"
            @change=${(event: Event) => void this.#choose(event.currentTarget as HTMLInputElement)}
          />
        </label>
        <button type="button" id="new-key" @click=${() => this.#ask('')}>Make a new one</button>
      </div>
      ${this.#isShown ? shownKey(key) : nothing}
      ${this.#chosen === undefined ? nothing : this.#confirm(link, this.#chosen)}
      <p id="identity-said" role="status" class=${this.#said.isProblem ? 'state bad' : ''}>
        ${this.#said.words}
      </p>
    </section>`
  }

  #damaged(link: OperatorLink, damaged: readonly DamagedKey[]): TemplateResult {
    return html`<div id="damaged-keys" class="notice" role="group" aria-label="Damaged keys">
      <p>
        What this browser had kept as the key was damaged, so your peer has a new one. If you have a copy of
        the old key in a file, you can use it again. Or keep the new key.
      </p>
      <ul>
        ${damaged.map(({ atMs, reason }) => html`<li>${new Date(atMs).toLocaleString()}: ${reason}</li>`)}
      </ul>
      <p class="row">
        <button
          type="button"
          id="export-damaged"
          @click=${() => this.#save(`${JSON.stringify(damaged, null, 2)}\n`, 'damaged-keys.json')}
        >
          Save what is left of it
        </button>
        <button type="button" id="forget-damaged" @click=${() => void this.#forgetDamaged(link)}>
          Delete what is left of it
        </button>
      </p>
    </div>`
  }

  async #forgetDamaged(link: OperatorLink): Promise<void> {
    try {
      await link.ask({ type: 'forgetDamagedKeys' })
      this.#init.damagedForgotten()
    } catch (error) {
      this.#say(`Nothing was deleted. ${wordsOf(error)}`, true)
    }
  }

  #confirm(link: OperatorLink, key: string): TemplateResult {
    return html`<div class="notice bad" role="alertdialog" aria-labelledby="confirm-title">
      <p id="confirm-title">
        ${
          key === ''
            ? 'A new key gives the peer a new name, and links to the present one lead nowhere.'
            : 'The key of the file takes the place of the present one, and links to the present one lead nowhere.'
        }
        The present key is deleted: save it first if you may want it back.
      </p>
      <p class="row">
        <button type="button" id="confirm-key" class="main" @click=${() => void this.#replace(link, key)}>
          ${key === '' ? 'Make a new one' : 'Use the key of the file'}
        </button>
        <button
          type="button"
          @click=${() => {
            this.#chosen = undefined
            this.#state.draw()
          }}
        >
          Keep the present one
        </button>
      </p>
    </div>`
  }

  #toggle(): void {
    this.#isShown = !this.#isShown
    this.#state.draw()
  }

  #export(key: string): void {
    this.#save(`${key}\n`, `${this.#state.client?.peer ?? 'libp2p'}.key`)
    this.#say('Saved. Keep the file as you keep a password.', false)
  }

  #save(text: string, name: string): void {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
    link.download = name
    link.click()
    // The download has begun by then.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  }

  async #choose(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0]
    if (file === undefined) return
    const text = await file.slice(0, MAX_KEY_LENGTH).text()
    // The same file can be chosen once more.
    input.value = ''
    if (text.trim() === '') this.#say('The file is empty.', true)
    else this.#ask(text.trim())
  }

  #ask(key: string): void {
    this.#chosen = key
    this.#said = { words: '', isProblem: false }
    this.#state.draw()
  }

  async #replace(link: OperatorLink, key: string): Promise<void> {
    this.#chosen = undefined
    try {
      const { peer } = await link.ask({ type: 'setIdentity', key })
      rememberPeer(peer)
      this.#say(`From its next start on, your peer is ${peer}.`, false)
      this.#init.changed()
    } catch (error) {
      this.#say(`Nothing was changed. ${wordsOf(error)}`, true)
    }
  }

  #say(words: string, isProblem: boolean): void {
    this.#said = { words, isProblem }
    this.#state.draw()
  }
}

function shownKey(key: string): TemplateResult {
  return html`<p class="row">
    <code translate=${key === '' ? 'yes' : 'no'} id="key" class="grow"
      >${key === '' ? 'The peer does not give it to this page.' : key}</code
    >
    ${copyButton(
      'copy-key',
      'Copy',
      () => key,
      () => selectText(document.querySelector('#key')),
    )}
  </p>`
}
