import '../peer/peer.css'
import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { ConnectString } from '../../protocol/index.ts'
import { decodeConnectString } from '../../protocol/index.ts'
import { PING_PROTOCOL } from '../peer/short-connect-string.ts'
import { pathOf } from '../peer/path.ts'
import { pathSentence, pathView } from '../peer/path-view.ts'
import type { Section, SiteState } from '../section.ts'
import { toSentence } from '../feedback.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import { ping } from './ping.ts'

type Decoded = { kind: 'valid'; connect: ConnectString } | { kind: 'invalid'; reason: string }
type Attempt =
  | { kind: 'none' }
  | { kind: 'trying' }
  | { kind: 'reached'; milliseconds: number }
  | { kind: 'failed'; reason: string }

/**
 * Shows what another peer's connect string contains, or why it is invalid, and tests whether that peer can be
 * reached.
 */
export class MeetSection implements Section {
  readonly title = 'Another peer'
  readonly #state: SiteState
  readonly #text: string
  readonly #decoded: Decoded
  #attempt: Attempt = { kind: 'none' }
  #life = new AbortController()

  constructor(state: SiteState, connectString: string) {
    this.#state = state
    this.#text = connectString
    this.#decoded = decode(connectString)
  }

  leave(): void {
    this.#life.abort(new Error('the user left the page'))
    this.#life = new AbortController()
  }

  view(): TemplateResult {
    const decoded = this.#decoded
    return decoded.kind === 'valid'
      ? this.#peerView(decoded.connect)
      : invalidView(decoded.reason, this.#text)
  }

  #peerView({ peer, protocol, addrs }: ConnectString): TemplateResult {
    const { client, relay } = this.#state
    const isSelf = client?.peer === peer
    return html`<section class="card" aria-labelledby="meet-title">
      <h2 id="meet-title">${isSelf ? 'This link leads to your peer' : 'A link to a peer'}</h2>
      <dl>
        <dt>Peer ID</dt>
        <dd><code translate="no" id="meet-peer">${peer}</code></dd>
        <dt>Protocol</dt>
        <dd>
          <code translate="no">${protocol}</code
          >${protocol === PING_PROTOCOL ? ', which every libp2p peer answers' : ''}
        </dd>
        <dt>Addresses</dt>
        <dd>
          ${
            addrs.length === 0
              ? 'None. Your peer has to look it up by its ID.'
              : html`<ul class="list">
                  ${addrs.map((address) => html`<li><code translate="no">${address}</code></li>`)}
                </ul>`
          }
        </dd>
      </dl>
      ${
        isSelf
          ? html`<p>Open the link on another device, or share it with somebody.</p>`
          : html`<button
                type="button"
                id="reach-it"
                class="main"
                ?disabled=${relay.kind !== 'connected' || this.#attempt.kind === 'trying'}
                @click=${() => void this.#connect(peer, addrs)}
              >
                Connect
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
        return html`<p class="state">Connecting … This can take half a minute.</p>`
      case 'failed':
        return html`<p class="state bad">
          Your peer could not reach it. ${sentenceView(toSentence(attempt.reason))}
        </p>`
      case 'reached': {
        const { watched } = this.#state.watch
        const connections = watched.kind === 'open' ? watched.report.status.peer?.connections : undefined
        const paths = connections?.filter((one) => one.peer === peer).map(pathOf)
        const path = paths?.find(({ kind }) => kind !== 'relayed') ?? paths?.[0]
        return html`<p class="state good">
            It answered in ${Math.round(attempt.milliseconds)} ms.
            ${path === undefined ? '' : pathSentence(path)}
          </p>
          ${path === undefined ? nothing : pathView(path, peer)}`
      }
      default:
        return attempt satisfies never
    }
  }

  async #connect(peer: string, addrs: string[]): Promise<void> {
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
        : { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
    }
    this.#state.draw()
  }
}

function decode(text: string): Decoded {
  try {
    return { kind: 'valid', connect: decodeConnectString(text) }
  } catch (error) {
    return { kind: 'invalid', reason: error instanceof Error ? error.message : String(error) }
  }
}

function invalidView(reason: string, text: string): TemplateResult {
  return html`<section class="notice bad" role="alert" aria-labelledby="damaged-title">
      <h2 id="damaged-title">This link is invalid</h2>
      <p id="damaged">${sentenceView(toSentence(reason))}</p>
      <p>Copy the whole link again, or scan its QR code again. If that doesn’t help, ask for a new link.</p>
    </section>
    <details>
      <summary>Show the connect string in the link</summary>
      <pre translate="no" class="code">${text}</pre>
    </details>`
}
