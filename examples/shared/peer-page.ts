import type { TemplateResult } from 'lit'
import { nothing, render } from 'lit'
import { guard } from 'lit/directives/guard.js'
import type { Client, Connection, RelayLinkState } from '../../src/client/index.ts'
import { RelayLink, connect } from '../../src/client/index.ts'
import type { ConnectString, RelayedRoom } from '../../src/protocol/index.ts'
import { copyButton, selectText } from '../../src/site/copy-button.ts'
import { html } from '../../src/site/html.ts'
import { connectStringOf } from '../../src/site/peer/connect-string.ts'
import { qrView } from '../../src/site/qr-view.ts'
import { describeRelayState, relayHelpView } from '../../src/site/relay-state-view.ts'
import { describeError } from '../../src/site/feedback.ts'
import { environment } from '../../src/site/environment.ts'
import { element } from './element.ts'
import { linkOf, newProtocol, readInvitation } from './invitation.ts'
import { nextPauseMs } from './redial.ts'
import { reach } from './relayed-room.ts'
import { FullError } from './star.ts'

const LOST = 'The link was lost, and is looked for again.'

/** Milliseconds after which a host asks for its addresses again. */
const REFRESH_MS = 10_000

/** What an example is. */
export interface PeerPageInit {
  /** The selector of the element into which it is drawn. */
  root: string
  /** How the protocols of its links begin, and what they lead to, in words: `a board`. */
  prefix: string
  what: string
  /** What is to be seen now. */
  view: () => TemplateResult
}

/** What an example begins with: a page that is drawn anew when something changes, and the way from it to the peer. */
export class PeerPage {
  client: Client | undefined
  readonly #root: HTMLElement
  readonly #init: PeerPageInit
  /** By which others come to this page. */
  readonly #protocol: string
  readonly #link: RelayLink
  #relay: RelayLinkState = { kind: 'connecting', attempt: 1 }
  #problem = ''
  #isDrawing = false
  #connected: (() => void)[] = []

  constructor(init: PeerPageInit) {
    this.#init = init
    this.#protocol = newProtocol(init.prefix)
    this.#root = element(init.root, HTMLElement)
    this.#root.textContent = ''
    this.#link = new RelayLink({
      connect: (signal) => connect(environment.relayUrl, { signal }),
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
      render(this.#init.view(), this.#root)
    })
  }

  /** Says what went wrong, an error or words, until something else is said; `''` for nothing. */
  readonly fail = (problem: unknown): void => {
    this.#problem = problem === '' ? '' : describeError(problem)
    this.draw()
  }

  /** Reads an invitation as `readInvitation` does; says what is wrong with one that is not good, and gives undefined. */
  read(pasted: string): ConnectString | RelayedRoom | undefined {
    try {
      return readInvitation(pasted, this.#init.prefix, this.#init.what)
    } catch (error) {
      this.fail(error)
      return undefined
    }
  }

  /** Does what a button is for. What keeps it from that is shown, unless it is the user who thought better of it. */
  async act(action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) this.fail(error)
    }
    this.draw()
  }

  /** A whole page: its heading, how the peer is, what the page is for, and the way to the peer. */
  frame(title: string, words: string, content: TemplateResult): TemplateResult {
    return html`<h1>${title}</h1>
      ${this.status(words)} ${content}
      <footer><a href="../">Your peer</a></footer>`
  }

  /** How the peer is, in one line, which `words` replaces while there is nothing wrong with it; and what went wrong. */
  status(words: string): TemplateResult {
    const relay = this.#relay
    const isUp = relay.kind === 'connected'
    const sign = isUp ? 'good' : relay.kind === 'waiting' ? 'bad' : ''
    const said = isUp && words !== '' ? words : describeRelayState(relay, this.client !== undefined)
    return html`<p id="status" role="status" class="state ${sign}">${said}</p>
      <p id="error" role="alert" class="notice bad" .textContent=${this.#problem}></p>
      ${relayHelpView(relay, environment, () => this.#link.retry())}`
  }

  /** The client, as soon as there is one. */
  async ready(): Promise<Client> {
    while (this.#relay.kind !== 'connected') {
      await new Promise<void>((resolve) => this.#connected.push(resolve))
    }
    return this.#relay.client
  }

  /** The link holds addresses, and the relay tells new ones only to who asks. */
  #refresh(client: Client): void {
    client.refresh().catch((error: unknown) => console.debug('the addresses may be old:', error))
  }

  /**
   * Has a use for each one who comes to this page, also after the relay was lost and found again. Never ends. A DOMException of `use`,
   * such as that of a file that is gone, is shown.
   */
  async host(use: (guest: Connection) => Promise<unknown>): Promise<void> {
    this.fail('')
    for (;;) {
      const client = await this.ready()
      const refreshing = setInterval(() => this.#refresh(client), REFRESH_MS)
      try {
        for await (const guest of await client.listen(this.#protocol)) {
          use(guest).catch((error: unknown) => {
            if (error instanceof DOMException) this.fail(error)
            else console.debug('a guest has left, and may come again:', error)
            guest.close()
          })
        }
      } catch (error) {
        console.debug('listening has ended:', error)
      }
      await client.closed
      clearInterval(refreshing)
    }
  }

  /**
   * Goes where an invitation leads, if there is one, and there again when the link has ended, until it `isDone`. Meanwhile what keeps
   * it from that is shown. A DOMException of `use`, such as that of a full disk, ends it: no other link would help there.
   */
  async visit(
    invitation: ConnectString | RelayedRoom | undefined,
    use: (host: Connection) => Promise<unknown>,
    isDone: () => boolean = () => false,
  ): Promise<void> {
    if (invitation === undefined) return
    this.fail('')
    let pauseMs = 0
    while (!isDone()) {
      let openedMs: number | undefined
      try {
        const client = await this.ready()
        const host = await reach(client, invitation)
        openedMs = performance.now()
        this.fail('')
        await use(host).finally(() => host.close())
        if (isDone()) return
        this.fail(LOST)
      } catch (error) {
        const words = describeError(error)
        if (openedMs === undefined) this.fail(words)
        else if (error instanceof DOMException) return this.fail(words)
        else if (error instanceof FullError)
          this.fail(`${words} This page tries again until there is a place.`)
        else this.fail(`${LOST} ${words}`)
      }
      pauseMs = nextPauseMs(pauseMs, openedMs === undefined ? 0 : performance.now() - openedMs)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  /** A link to this page, by which others come to it: to be copied, sent, scanned. */
  invitation(): TemplateResult {
    const { peer = '', addresses = [] } = this.client ?? {}
    const connectString = connectStringOf(peer, addresses, this.#protocol)
    if (connectString === '') {
      return html`<p class="quiet">Waiting for an address under which others find this peer …</p>`
    }
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
        ${
          this.client?.public === true
            ? nothing
            : html`<p id="unreachable" class="notice">
                Others cannot reach this peer from elsewhere yet. Other tabs of this browser can; so can
                others once a relay has taken the peer in, and then the link changes.
              </p>`
        }
        <details>
          <summary>The connect string, where no link is taken</summary>
          <textarea
            id="connect-string"
            aria-label="Connect string"
            rows="3"
            readonly
            spellcheck="false"
            .value=${connectString}
          ></textarea>
        </details>
      </div>
    </div>`
  }
}
