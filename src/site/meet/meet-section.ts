import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { ConnectString } from '../../protocol/index.ts'
import { decodeConnectString } from '../../protocol/index.ts'
import { html } from '../html.ts'
import { PING_PROTOCOL } from '../peer/connect-string.ts'
import { pathOf } from '../peer/path.ts'
import { pathSentence, pathView } from '../peer/path-view.ts'
import type { Section, SiteState } from '../section.ts'
import { sentence } from '../sentence.ts'
import { ping } from './ping.ts'

type Read = { kind: 'good'; connect: ConnectString } | { kind: 'damaged'; why: string }
type Attempt =
  | { kind: 'none' }
  | { kind: 'trying' }
  | { kind: 'reached'; milliseconds: number }
  | { kind: 'failed'; why: string }

/** What somebody else's connect string holds, or what is wrong with it, and whether that peer can be reached. */
export class MeetSection implements Section {
  readonly title = 'Somebody’s peer'
  readonly #state: SiteState
  readonly #text: string
  readonly #read: Read
  #attempt: Attempt = { kind: 'none' }
  #life = new AbortController()

  constructor(state: SiteState, connectString: string) {
    this.#state = state
    this.#text = connectString
    this.#read = readConnectString(connectString)
  }

  leave(): void {
    this.#life.abort(new Error('given up'))
    this.#life = new AbortController()
  }

  view(): TemplateResult {
    return this.#read.kind === 'good' ? this.#good(this.#read.connect) : damaged(this.#read.why, this.#text)
  }

  #good({ peer, protocol, addrs }: ConnectString): TemplateResult {
    const { client, relay } = this.#state
    const isSelf = client?.peer === peer
    return html`<section class="card" aria-labelledby="meet-title">
      <h2 id="meet-title">${isSelf ? 'This is your own peer' : 'A link to a peer'}</h2>
      <dl>
        <dt>Peer ID</dt>
        <dd><code translate="no" id="meet-peer">${peer}</code></dd>
        <dt>Protocol</dt>
        <dd>
          <code translate="no">${protocol}</code
          >${protocol === PING_PROTOCOL ? ', which every peer answers' : ''}
        </dd>
        <dt>Addresses</dt>
        <dd>
          ${
            addrs.length === 0
              ? 'None: it has to be looked up.'
              : html`<ul class="list">
                  ${addrs.map((address) => html`<li><code translate="no">${address}</code></li>`)}
                </ul>`
          }
        </dd>
      </dl>
      ${
        isSelf
          ? html`<p>Open the link on another device, or hand it to somebody: here it leads nowhere new.</p>`
          : html`<button
                type="button"
                id="reach-it"
                class="main"
                ?disabled=${relay.kind !== 'connected' || this.#attempt.kind === 'trying'}
                @click=${() => void this.#try(peer, addrs)}
              >
                Try to reach it
              </button>
              <div id="reached" role="status">${this.#outcome(peer)}</div>`
      }
    </section>`
  }

  #outcome(peer: string): TemplateResult | typeof nothing {
    const attempt = this.#attempt
    switch (attempt.kind) {
      case 'none':
        return nothing
      case 'trying':
        return html`<p class="state">Trying to reach it. This may take half a minute …</p>`
      case 'failed':
        return html`<p class="state bad">It could not be reached. ${sentence(attempt.why)}</p>`
      case 'reached': {
        const { watched } = this.#state.watch
        const connections = watched.kind === 'open' ? watched.report.status.peer?.connections : undefined
        const paths = connections?.filter((one) => one.peer === peer).map(pathOf)
        const path = paths?.find(({ kind }) => kind !== 'relayed') ?? paths?.[0]
        return html`<p class="state good">
            It answered after ${Math.round(attempt.milliseconds)} ms.
            ${path === undefined ? '' : pathSentence(path)}
          </p>
          ${path === undefined ? nothing : pathView(path, peer)}`
      }
      default:
        return attempt satisfies never
    }
  }

  async #try(peer: string, addrs: string[]): Promise<void> {
    const { client } = this.#state
    if (client === undefined) return
    const { signal } = this.#life
    this.#attempt = { kind: 'trying' }
    this.#state.draw()
    try {
      const milliseconds = await ping(client, { peer, addrs }, signal)
      this.#attempt = { kind: 'reached', milliseconds }
    } catch (error) {
      this.#attempt = signal.aborted
        ? { kind: 'none' }
        : { kind: 'failed', why: error instanceof Error ? error.message : String(error) }
    }
    this.#state.draw()
  }
}

function readConnectString(text: string): Read {
  try {
    return { kind: 'good', connect: decodeConnectString(text) }
  } catch (error) {
    return { kind: 'damaged', why: error instanceof Error ? error.message : String(error) }
  }
}

function damaged(why: string, text: string): TemplateResult {
  return html`<section class="notice bad" role="alert" aria-labelledby="damaged-title">
      <h2 id="damaged-title">This link does not work</h2>
      <p id="damaged">${sentence(why)}</p>
      <p>Ask for it once more, and copy it from its first character to its last, or scan its code again.</p>
    </section>
    <details>
      <summary>What came with the link</summary>
      <pre translate="no" class="code">${text}</pre>
    </details>`
}
