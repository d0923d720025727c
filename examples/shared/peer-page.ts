import type { TemplateResult } from 'lit'
import { html, render } from 'lit'
import { guard } from 'lit/directives/guard.js'
import type { Client, Connection, RelayLinkState } from '../../src/client/index.ts'
import { RelayLink, connect } from '../../src/client/index.ts'
import type { ConnectString } from '../../src/protocol/index.ts'
import { encodeConnectString } from '../../src/protocol/index.ts'
import { copyButton, selectText } from '../../src/site/copy-button.ts'
import { bestAddresses } from '../../src/site/peer/connect-string.ts'
import { qrView } from '../../src/site/qr-view.ts'
import { relayHelp, relayWords } from '../../src/site/relay-words.ts'
import { surroundings } from '../../src/site/surroundings.ts'
import { linkOf } from './invitation.ts'

/** Milliseconds before a peer that was lost is dialled again; each further pause is twice as long, up to the second. */
const MIN_REDIAL_MS = 1_000
const MAX_REDIAL_MS = 15_000

/** What an example begins with: a page that is drawn anew when something changes, and the way from it to the peer. */
export class PeerPage {
  client: Client | undefined
  readonly #root: HTMLElement
  readonly #view: () => TemplateResult
  readonly #link: RelayLink
  #relay: RelayLinkState = { kind: 'connecting', attempt: 1 }
  #isDrawing = false
  #connected: (() => void)[] = []

  /** Draws what `view` gives into the element. */
  constructor(root: HTMLElement, view: () => TemplateResult) {
    root.textContent = ''
    this.#root = root
    this.#view = view
    this.#link = new RelayLink({
      connect: (signal) => connect(surroundings.relayUrl, { signal }),
      changed: (state) => {
        this.#relay = state
        if (state.kind === 'connected') {
          this.client = state.client
          this.client.addEventListener('identify', () => this.draw())
          for (const go of this.#connected.splice(0)) go()
        }
        this.draw()
      },
      signal: new AbortController().signal,
    })
  }

  /** Draws, soon: once for all that happens in a task. */
  draw(): void {
    if (this.#isDrawing) return
    this.#isDrawing = true
    queueMicrotask(() => {
      this.#isDrawing = false
      render(this.#view(), this.#root)
    })
  }

  /** How the peer is, in one line, which `words` replaces while there is nothing wrong with it. */
  status(words: string): TemplateResult {
    const relay = this.#relay
    const isUp = relay.kind === 'connected'
    const sign = isUp ? 'good' : relay.kind === 'waiting' ? 'bad' : ''
    const said = isUp && words !== '' ? words : relayWords(relay, this.client !== undefined)
    return html`<p id="status" role="status" class="state ${sign}">${said}</p>
      ${relayHelp(relay, surroundings, () => this.#link.retry())}`
  }

  /** The client, as soon as there is one. */
  async ready(): Promise<Client> {
    while (this.#relay.kind !== 'connected') {
      await new Promise<void>((resolve) => this.#connected.push(resolve))
    }
    return this.#relay.client
  }

  /** Who comes to a protocol, also after the relay was lost and found again. Never ends. */
  async *arrivals(protocol: string): AsyncGenerator<Connection> {
    for (;;) {
      const client = await this.ready()
      try {
        yield* await client.listen(protocol)
      } catch (error) {
        console.debug('listening has ended:', error)
      }
      await client.closed
    }
  }

  /** Connections to somebody, one after the other: when the last one is lost, or none can be had, it tries again. */
  async *connections(
    { peer, addrs, protocol }: ConnectString,
    failed: (why: string) => void,
    signal: AbortSignal,
  ): AsyncGenerator<Connection> {
    for (let pauseMs = MIN_REDIAL_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, MAX_REDIAL_MS)) {
      try {
        const client = await this.ready()
        const connection = await client.dial({ peer, addrs }, protocol, { signal })
        pauseMs = MIN_REDIAL_MS
        yield connection
      } catch (error) {
        failed(error instanceof Error ? error.message : String(error))
      }
      await pause(pauseMs, signal)
    }
  }

  /** A link to this page, by which others come to a protocol of this peer: to be copied, sent, scanned. */
  invitation(protocol: string): TemplateResult {
    const { peer = '', addresses = [] } = this.client ?? {}
    if (addresses.length === 0) {
      return html`<p class="quiet">Waiting for an address under which others find this peer …</p>`
    }
    const connectString = encodeConnectString({ peer, protocol, addrs: bestAddresses(addresses) })
    const link = linkOf(location.href, connectString)
    return html`<div class="invitation">
      ${guard([link], () => qrView(link, 'Code of the link'))}
      <div>
        <p><a id="link" href=${link} target="_blank">The link to this page for others</a></p>
        ${copyButton(
          'copy-link',
          'Copy the link',
          () => link,
          () => selectText(document.querySelector('#link')),
        )}
      </div>
    </div>`
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
