import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { PeerSettings, SettingsReport } from '../../admin/messages.ts'
import type { OperatorLink } from '../admin-link.ts'
import { formatCount } from '../../platform/format.ts'
import { html } from '../html.ts'
import type { Section, SiteState } from '../section.ts'
import { IdentityCard } from './identity-card.ts'
import { iceServersText, linesOf, readIceServers, textOf } from './lists.ts'
import type { Said } from './said.ts'
import { wordsOf } from './said.ts'
import { StorageCard } from './storage-card.ts'

type Field = 'relays' | 'bootstrap' | 'delegatedRouting' | 'iceServers'

const FIELDS: readonly { name: Field; label: string; flag: string; help: string; example: string }[] = [
  {
    name: 'relays',
    label: 'Relays',
    flag: '-listen',
    help: 'On each of them the peer holds a place, so that others reach it through the relay.',
    example: '/dns4/relay.example/tcp/443/wss/p2p/12D3…',
  },
  {
    name: 'bootstrap',
    label: 'Bootstrap peers',
    flag: '-peer',
    help: 'Peers to connect to at the start: through them others are found.',
    example: '/dns4/peer.example/tcp/443/wss/p2p/12D3…',
  },
  {
    name: 'delegatedRouting',
    label: 'Delegated routing',
    flag: '',
    help: 'Servers that are asked where a peer is. They learn whom this peer looks for.',
    example: 'https://routing.example',
  },
  {
    name: 'iceServers',
    label: 'ICE servers',
    flag: '',
    help: 'STUN servers tell a tab its public address; TURN servers carry what cannot go directly: url, name, password. Used at once.',
    example: 'stun:stun.example:3478',
  },
]

/** What the user sets for the peer, what it is called by, and what it keeps. */
export class SettingsSection implements Section {
  readonly title = 'Settings'
  readonly #state: SiteState
  readonly #identity: IdentityCard
  readonly #storage: StorageCard
  /** Whose report it is: another peer is asked anew. */
  #link: OperatorLink | undefined
  #report: SettingsReport | undefined
  #texts: Record<Field, string> = { relays: '', bootstrap: '', delegatedRouting: '', iceServers: '' }
  #noPeers = false
  #said: Said = { words: '', isProblem: false }

  constructor(state: SiteState) {
    this.#state = state
    this.#identity = new IdentityCard(state, {
      changed: () => this.#amend({ needsRestart: true }),
      damagedForgotten: () => this.#amend({ damagedKeys: [] }),
    })
    this.#storage = new StorageCard(state)
  }

  view(): TemplateResult {
    const { watched } = this.#state.watch
    if (watched.kind === 'refused') {
      return html`<p class="notice">This page cannot look into the peer: ${watched.why}.</p>`
    }
    if (watched.kind === 'waiting') return html`<p class="quiet">The settings open when the peer runs.</p>`
    if (!watched.report.maySet) return inProcess()
    if (watched.link !== this.#link) this.#load(watched.link)
    const open = watched.report.status.clients.reduce((sum, { streamCount }) => sum + streamCount, 0)
    return html`
      <p class="quiet">
        They are kept in this browser, for this site. Every page of this site can read and change them: pages
        of one site share the peer and all that it keeps. What the command serves by
        <code translate="no">-files</code> has a place of its own: <a href="#/folders">Folders</a>.
      </p>
      ${this.#report?.needsRestart === true ? this.#restart(watched.link, open) : nothing}
      ${this.#report === undefined ? html`<p class="quiet">Reading …</p>` : this.#network(watched.link, this.#report)}
      ${this.#identity.view(watched.link, this.#report?.damagedKeys ?? [])}
      ${this.#storage.view(watched.link, open)}
    `
  }

  #network(link: OperatorLink, { offered }: SettingsReport): TemplateResult {
    return html`<form
      class="card"
      aria-labelledby="network-title"
      @submit=${(event: Event) => {
        event.preventDefault()
        void this.#save(link)
      }}
    >
      <h2 id="network-title">How it finds others</h2>
      <p class="quiet">
        One to a line. They come before those that this site offers in
        <code translate="no">network.json</code>.
      </p>
      ${FIELDS.map((field) => this.#field(field, offered))}
      <label class="check">
        <input
          type="checkbox"
          id="no-peers"
          .checked=${this.#noPeers}
          @change=${(event: Event) => {
            this.#noPeers = (event.currentTarget as HTMLInputElement).checked
          }}
        />
        <span
          >Of what the site offers use only the relays
          <span class="quiet">(<code translate="no">-nopeers</code> of the command)</span></span
        >
      </label>
      <p><button id="save" class="main">Save</button></p>
      <p id="said" role="status" class=${this.#said.isProblem ? 'state bad' : ''}>${this.#said.words}</p>
    </form>`
  }

  #field(
    { name, label, flag, help, example }: (typeof FIELDS)[number],
    offered: SettingsReport['offered'],
  ): TemplateResult {
    const count = offered[name].length
    return html`<div class="setting">
      <label for=${name}
        >${label}${flag === '' ? nothing : html` <span class="quiet">(<code translate="no">${flag}</code> of the command)</span>`}</label
      >
      <textarea
        id=${name}
        rows=${Math.min(8, Math.max(2, this.#texts[name].split('\n').length))}
        spellcheck="false"
        autocapitalize="off"
        placeholder=${example}
        aria-describedby=${`${name}-help`}
        .value=${this.#texts[name]}
        @input=${(event: Event) => {
          this.#texts[name] = (event.currentTarget as HTMLTextAreaElement).value
        }}
      ></textarea>
      <p id=${`${name}-help`} class="quiet">
        ${help} The site offers ${count === 0 ? 'none' : formatCount(count, 'entry', 'entries')}.
      </p>
    </div>`
  }

  #restart(link: OperatorLink, open: number): TemplateResult {
    return html`<section class="notice" aria-labelledby="restart-title">
      <h2 id="restart-title">The peer runs with what was set before</h2>
      <p>
        What you have changed is used from its next start on.
        ${open === 0 ? 'Nothing is lost by starting it anew.' : `${formatCount(open, 'open connection')} of pages would end.`}
      </p>
      <button type="button" id="restart" class="main" @click=${() => void this.#doRestart(link)}>
        Start the peer anew
      </button>
    </section>`
  }

  #load(link: OperatorLink): void {
    this.#link = link
    void link.ask({ type: 'settings' }).then(
      (report) => this.#take(report),
      (error: unknown) => this.#say(wordsOf(error), true),
    )
  }

  #take(report: SettingsReport): void {
    this.#report = report
    const { settings } = report
    this.#noPeers = settings.noPeers
    this.#texts = {
      relays: textOf(settings.relays),
      bootstrap: textOf(settings.bootstrap),
      delegatedRouting: textOf(settings.delegatedRouting),
      iceServers: iceServersText(settings.iceServers),
    }
    this.#state.draw()
  }

  async #save(link: OperatorLink): Promise<void> {
    try {
      const settings: PeerSettings = {
        noPeers: this.#noPeers,
        relays: linesOf(this.#texts.relays),
        bootstrap: linesOf(this.#texts.bootstrap),
        delegatedRouting: linesOf(this.#texts.delegatedRouting),
        iceServers: readIceServers(this.#texts.iceServers),
      }
      const report = await link.ask({ type: 'saveSettings', settings })
      this.#take(report)
      this.#say(report.needsRestart ? 'Saved, for the next start of the peer.' : 'Saved, and in use.', false)
    } catch (error) {
      this.#say(`Nothing was saved. ${wordsOf(error)}`, true)
    }
  }

  #amend(change: Partial<SettingsReport>): void {
    if (this.#report !== undefined) this.#report = { ...this.#report, ...change }
    this.#state.draw()
  }

  async #doRestart(link: OperatorLink): Promise<void> {
    try {
      await link.ask({ type: 'restart' })
      this.#say('The peer starts anew.', false)
    } catch (error) {
      this.#say(wordsOf(error), true)
    }
  }

  #say(words: string, isProblem: boolean): void {
    this.#said = { words, isProblem }
    this.#state.draw()
  }
}

/** A peer of the Node build has flags instead. */
function inProcess(): TemplateResult {
  return html`<section class="card">
    <h2>This peer is set up by its command</h2>
    <p>
      It runs in the program that serves this page. What can be set here for a peer in a browser are that
      program’s flags:
      <code translate="no">-key</code>, <code translate="no">-listen</code>,
      <code translate="no">-peer</code>, <code translate="no">-nopeers</code>,
      <code translate="no">-files</code>. It lists them all with <code translate="no">-help</code>.
    </p>
  </section>`
}
