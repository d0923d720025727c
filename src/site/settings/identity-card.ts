import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { DamagedKey } from '../../admin/messages.ts'
import type { AdminClient } from '../admin-client.ts'
import { copyButton, selectText } from '../copy-button.ts'
import type { Feedback } from '../feedback.ts'
import { describeError } from '../feedback.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import { rememberPeer } from '../remembered.ts'
import type { SiteState } from '../section.ts'

/** Bytes to read from a key file. An 8,192-bit RSA key takes about 6,400. */
const MAX_KEY_LENGTH = 16_384

/** Callbacks of an {@link IdentityCard}. */
export interface IdentityCardInit {
  /** Called when another identity was saved for the next start. */
  changed(): void
  /** Called when the damaged keys were deleted. */
  damagedKeysDeleted(): void
}

/** Shows, exports and replaces the peer's key. */
export class IdentityCard {
  readonly #state: SiteState
  readonly #init: IdentityCardInit
  #isShown = false
  /** The new key that the user has to confirm; empty to create one. */
  #pending: string | undefined
  #feedback: Feedback = { text: '', isError: false }

  constructor(state: SiteState, init: IdentityCardInit) {
    this.#state = state
    this.#init = init
  }

  /** @param damaged invalid records that were stored as the key, latest first */
  view(admin: AdminClient, damaged: readonly DamagedKey[]): TemplateResult {
    const { client } = this.#state
    const key = client?.key ?? ''
    return html`<section class="card" aria-labelledby="identity-title">
      <h2 id="identity-title">
        Identity <span class="quiet">(<code translate="no">-key</code> of the command)</span>
      </h2>
      <p>
        Your peer’s ID, <code translate="no" id="peer-name">${client?.peer ?? ''}</code>, belongs to a private
        key. Anyone with a copy of the key can impersonate your peer and receive what others send to it. If
        you lose the key, you lose the ID for good.
      </p>
      ${damaged.length === 0 ? nothing : this.#damagedKeys(admin, damaged)}
      <div class="row">
        <button type="button" id="show-key" aria-expanded=${this.#isShown} @click=${() => this.#toggle()}>
          ${this.#isShown ? 'Hide key' : 'Show key'}
        </button>
        <button type="button" id="export-key" ?disabled=${key === ''} @click=${() => this.#export(key)}>
          Export key
        </button>
        <label class="button" for="import-key">
          Import key
          <input
            type="file"
            id="import-key"
            class="said"
            accept=".key,.txt,text/plain"
            @change=${(event: Event) => void this.#choose(event.currentTarget as HTMLInputElement)}
          />
        </label>
        <button type="button" id="new-key" @click=${() => this.#askToReplace('')}>Create new key</button>
      </div>
      ${this.#isShown ? keyView(key) : nothing}
      ${this.#pending === undefined ? nothing : this.#confirmation(admin, this.#pending)}
      <p id="identity-said" role="status" class=${this.#feedback.isError ? 'state bad' : ''}>
        ${sentenceView(this.#feedback.text)}
      </p>
    </section>`
  }

  #damagedKeys(admin: AdminClient, damaged: readonly DamagedKey[]): TemplateResult {
    return html`<div id="damaged-keys" class="notice" role="group" aria-label="Damaged keys">
      <p>
        The key stored in this browser was damaged, so your peer has a new one. If you exported the old key,
        you can import it again.
      </p>
      <ul>
        ${damaged.map(({ atMs, reason }) => html`<li>${new Date(atMs).toLocaleString()}: ${sentenceView(reason)}</li>`)}
      </ul>
      <p class="row">
        <button
          type="button"
          id="export-damaged"
          @click=${() => this.#save(`${JSON.stringify(damaged, null, 2)}\n`, 'damaged-keys.json')}
        >
          Export damaged key
        </button>
        <button type="button" id="forget-damaged" @click=${() => void this.#deleteDamagedKeys(admin)}>
          Delete damaged key
        </button>
      </p>
    </div>`
  }

  async #deleteDamagedKeys(admin: AdminClient): Promise<void> {
    try {
      await admin.ask({ type: 'forgetDamagedKeys' })
      this.#init.damagedKeysDeleted()
    } catch (error) {
      this.#show(`Nothing was deleted. ${describeError(error)}`, true)
    }
  }

  #confirmation(admin: AdminClient, key: string): TemplateResult {
    return html`<div class="notice bad" role="alertdialog" aria-labelledby="confirm-title">
      <p id="confirm-title">
        ${
          key === ''
            ? 'A new key gives your peer a new ID. Links to the current one will stop working.'
            : 'The imported key gives your peer another ID. Links to the current one will stop working.'
        }
        The current key will be deleted. Export it first if you want to keep it.
      </p>
      <p class="row">
        <button type="button" id="confirm-key" class="main" @click=${() => void this.#replace(admin, key)}>
          ${key === '' ? 'Create new key' : 'Import key'}
        </button>
        <button
          type="button"
          @click=${() => {
            this.#pending = undefined
            this.#state.draw()
          }}
        >
          Keep current key
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
    this.#show('Exported. Keep the file as safe as a password.', false)
  }

  #save(text: string, name: string): void {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
    link.download = name
    link.click()
    // Long enough for the download to start.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  }

  async #choose(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0]
    if (file === undefined) return
    const text = await file.slice(0, MAX_KEY_LENGTH).text()
    // Otherwise choosing the same file again fires no event.
    input.value = ''
    if (text.trim() === '') this.#show('The file is empty. Choose a file that you exported here.', true)
    else this.#askToReplace(text.trim())
  }

  #askToReplace(key: string): void {
    this.#pending = key
    this.#feedback = { text: '', isError: false }
    this.#state.draw()
  }

  async #replace(admin: AdminClient, key: string): Promise<void> {
    this.#pending = undefined
    try {
      const { peer } = await admin.ask({ type: 'setIdentity', key })
      rememberPeer(peer)
      this.#show(`Saved. After a restart, your peer’s ID is ${peer}.`, false)
      this.#init.changed()
    } catch (error) {
      this.#show(`Nothing was changed. ${describeError(error)}`, true)
    }
  }

  #show(text: string, isError: boolean): void {
    this.#feedback = { text, isError }
    this.#state.draw()
  }
}

function keyView(key: string): TemplateResult {
  return html`<p class="row">
    <code translate=${key === '' ? 'yes' : 'no'} id="key" class="grow"
      >${key === '' ? 'Your peer doesn’t share its key with this page.' : key}</code
    >
    ${copyButton(
      'copy-key',
      'Copy key',
      () => key,
      () => selectText(document.querySelector('#key')),
    )}
  </p>`
}
