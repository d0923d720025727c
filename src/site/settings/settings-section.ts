import './settings.css'
import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { PeerSettings, SettingsReport } from '../../admin/messages.ts'
import { InvalidSettingsError } from '../../admin/messages.ts'
import type { AdminClient } from '../admin-client.ts'
import type { Feedback } from '../feedback.ts'
import { describeError, toSentence } from '../feedback.ts'
import { formatCount } from '../../platform/format.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import type { Section, SiteState } from '../section.ts'
import { IdentityCard } from './identity-card.ts'
import { formatIceServers, joinLines, parseIceServers, splitLines } from './lists.ts'
import { StorageCard } from './storage-card.ts'

type Field = 'relays' | 'bootstrap' | 'delegatedRouting' | 'iceServers'

const FIELDS: readonly { name: Field; label: string; flag: string; help: string; example: string }[] = [
  {
    name: 'relays',
    label: 'Circuit relays',
    flag: '-listen',
    help: 'Your peer makes a reservation on these circuit relays, so that others can reach it through them.',
    example: '/dns4/relay.example/tcp/443/wss/p2p/12D3…',
  },
  {
    name: 'bootstrap',
    label: 'Bootstrap peers',
    flag: '-peer',
    help: 'Your peer connects to these peers when it starts, and finds others through them.',
    example: '/dns4/peer.example/tcp/443/wss/p2p/12D3…',
  },
  {
    name: 'delegatedRouting',
    label: 'Delegated routing',
    flag: '',
    help: 'Your peer asks these servers for the addresses of other peers. They learn which peers it looks for.',
    example: 'https://routing.example',
  },
  {
    name: 'iceServers',
    label: 'ICE servers',
    flag: '',
    help: 'STUN servers tell your peer its public address. TURN servers forward data when no direct connection is possible; enter URL, user name and password. Changes apply immediately.',
    example: 'stun:stun.example:3478',
  },
]

/** Edits the peer's settings and identity, and shows what is stored. */
export class SettingsSection implements Section {
  readonly title = 'Settings'
  readonly #state: SiteState
  readonly #identity: IdentityCard
  readonly #storage: StorageCard
  /** The peer that `#report` comes from. */
  #admin: AdminClient | undefined
  #report: SettingsReport | undefined
  #texts: Record<Field, string> = { relays: '', bootstrap: '', delegatedRouting: '', iceServers: '' }
  #noPeers = false
  /** Whether the user has changed the form since it was filled in. */
  #isEdited = false
  /** The fields that were invalid when the user last saved. */
  #invalid: readonly string[] = []
  #feedback: Feedback = { text: '', isError: false }

  constructor(state: SiteState) {
    this.#state = state
    this.#identity = new IdentityCard(state, {
      changed: () => this.#updateReport({ needsRestart: true }),
      damagedKeysDeleted: () => this.#updateReport({ damagedKeys: [] }),
    })
    this.#storage = new StorageCard(state)
  }

  view(): TemplateResult {
    const { watched } = this.#state.watch
    if (watched.kind === 'refused') {
      return html`<p class="notice">
        The settings are not available. ${sentenceView(toSentence(watched.reason))}
      </p>`
    }
    if (watched.kind === 'waiting')
      return html`<p class="quiet">The settings open when your peer is running.</p>`
    if (!watched.report.maySet) return commandView()
    const { admin } = watched
    if (admin !== this.#admin) this.#load(admin)
    const openStreams = watched.report.status.clients.reduce((sum, { streamCount }) => sum + streamCount, 0)
    return html`
      <p class="quiet">
        These settings are stored in this browser. All pages of this site share your peer, so each of them can
        read and change its settings. To serve your own pages, as the command does with
        <code translate="no">-files</code>, go to <a href="#/folders">Folders</a>.
      </p>
      ${this.#report?.needsRestart === true ? this.#restartNotice(admin, openStreams) : nothing}
      ${this.#report === undefined ? html`<p class="quiet">Loading …</p>` : this.#networkForm(admin, this.#report)}
      ${this.#identity.view(admin, this.#report?.damagedKeys ?? [])} ${this.#storage.view(admin, openStreams)}
    `
  }

  #networkForm(admin: AdminClient, { offered }: SettingsReport): TemplateResult {
    return html`<form
      class="card"
      aria-labelledby="network-title"
      @submit=${(event: Event) => {
        event.preventDefault()
        void this.#save(admin)
      }}
    >
      <h2 id="network-title">Network</h2>
      <p class="quiet">
        One entry per line. They take precedence over the entries in this site’s
        <code translate="no">network.json</code>.
      </p>
      ${FIELDS.map((field) => this.#field(field, offered))}
      <label class="check">
        <input
          type="checkbox"
          id="no-peers"
          .checked=${this.#noPeers}
          @change=${(event: Event) => {
            this.#isEdited = true
            this.#noPeers = (event.currentTarget as HTMLInputElement).checked
          }}
        />
        <span
          >Use only the circuit relays from <code translate="no">network.json</code>, and ignore its other
          entries <span class="quiet">(<code translate="no">-nopeers</code> of the command)</span></span
        >
      </label>
      <p><button id="save" class="main">Save</button></p>
      <p id="said" role="status" class=${this.#feedback.isError ? 'state bad' : ''}>
        ${sentenceView(this.#feedback.text)}
      </p>
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
        aria-invalid=${this.#invalid.includes(name) ? 'true' : 'false'}
        .value=${this.#texts[name]}
        @input=${(event: Event) => {
          this.#isEdited = true
          this.#texts[name] = (event.currentTarget as HTMLTextAreaElement).value
        }}
      ></textarea>
      <p id=${`${name}-help`} class="quiet">
        ${help} <code translate="no">network.json</code> has
        ${count === 0 ? 'no entries' : formatCount(count, 'entry', 'entries')}.
      </p>
    </div>`
  }

  #restartNotice(admin: AdminClient, openStreams: number): TemplateResult {
    return html`<section class="notice" aria-labelledby="restart-title">
      <h2 id="restart-title">Restart your peer to apply the changes</h2>
      <p>
        ${openStreams === 0 ? 'No page has an open connection.' : `A restart closes ${formatCount(openStreams, 'open connection')}.`}
      </p>
      <button type="button" id="restart" class="main" @click=${() => void this.#restart(admin)}>
        Restart your peer
      </button>
    </section>`
  }

  #load(admin: AdminClient): void {
    this.#admin = admin
    void admin.ask({ type: 'settings' }).then(
      (report) => this.#setReport(report),
      (error: unknown) => this.#show(describeError(error), true),
    )
  }

  #setReport(report: SettingsReport): void {
    this.#report = report
    // What the user has typed meanwhile stays.
    if (this.#isEdited) return this.#state.draw()
    const { settings } = report
    this.#noPeers = settings.noPeers
    this.#texts = {
      relays: joinLines(settings.relays),
      bootstrap: joinLines(settings.bootstrap),
      delegatedRouting: joinLines(settings.delegatedRouting),
      iceServers: formatIceServers(settings.iceServers),
    }
    this.#state.draw()
  }

  async #save(admin: AdminClient): Promise<void> {
    try {
      const settings: PeerSettings = {
        noPeers: this.#noPeers,
        relays: splitLines(this.#texts.relays),
        bootstrap: splitLines(this.#texts.bootstrap),
        delegatedRouting: splitLines(this.#texts.delegatedRouting),
        iceServers: readIceServers(this.#texts.iceServers),
      }
      this.#isEdited = false
      const report = await admin.ask({ type: 'saveSettings', settings })
      this.#invalid = []
      this.#setReport(report)
      this.#show(
        report.needsRestart ? 'Saved. Restart your peer to apply the changes.' : 'Saved and applied.',
        false,
      )
    } catch (error) {
      this.#isEdited = true
      this.#invalid = error instanceof InvalidSettingsError ? error.fields : []
      const labels = FIELDS.filter(({ name }) => this.#invalid.includes(name)).map(({ label }) => label)
      const where = labels.length === 0 ? '' : ` Check ${labels.join(' and ')}.`
      this.#show(`Nothing was saved.${where} ${describeError(error)}`, true)
    }
  }

  #updateReport(change: Partial<SettingsReport>): void {
    if (this.#report !== undefined) this.#report = { ...this.#report, ...change }
    this.#state.draw()
  }

  async #restart(admin: AdminClient): Promise<void> {
    try {
      await admin.ask({ type: 'restart' })
      this.#show('Your peer is restarting …', false)
    } catch (error) {
      this.#show(describeError(error), true)
    }
  }

  #show(text: string, isError: boolean): void {
    this.#feedback = { text, isError }
    this.#state.draw()
  }
}

/** @throws InvalidSettingsError */
function readIceServers(text: string): RTCIceServer[] {
  try {
    return parseIceServers(text)
  } catch (error) {
    throw new InvalidSettingsError(error instanceof Error ? error.message : String(error), ['iceServers'])
  }
}

/** Explains the flags that configure a peer in a Node process. */
function commandView(): TemplateResult {
  return html`<section class="card">
    <h2>Your peer is configured by command-line flags</h2>
    <p>
      It runs in the program that serves this page. Configure it with that program’s flags, such as
      <code translate="no">-key</code>, <code translate="no">-listen</code>,
      <code translate="no">-peer</code>, <code translate="no">-nopeers</code> and
      <code translate="no">-files</code>. <code translate="no">-help</code> lists all of them.
    </p>
  </section>`
}
