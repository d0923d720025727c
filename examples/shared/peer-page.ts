import type { TemplateResult } from 'lit'
import { nothing, render } from 'lit'
import { guard } from 'lit/directives/guard.js'
import type { Client, Connection, RelayLinkState } from '../../src/client/index.ts'
import { RelayLink, connect } from '../../src/client/index.ts'
import type { ConnectString, RelayedRoom } from '../../src/protocol/index.ts'
import { isLoopbackHost } from '../../src/platform/loopback.ts'
import { copyButton, selectText } from '../../src/site/copy-button.ts'
import { html } from '../../src/site/html.ts'
import { connectStringOf } from '../../src/site/peer/short-connect-string.ts'
import { qrView } from '../../src/site/qr-view.ts'
import { describeRelayState, relayHelpView } from '../../src/site/relay-state-view.ts'
import { describeError } from '../../src/site/feedback.ts'
import { environment } from '../../src/site/environment.ts'
import { element } from './element.ts'
import { livePeer } from './live-peer.ts'
import { createLink, newProtocol, readInvitation } from './invitation.ts'
import type { Reach } from './reach.ts'
import { reachHelpView, reachOf } from './reach.ts'
import { nextPauseMs } from './redial.ts'
import { connectToHost } from './relayed-room.ts'
import { FullError } from './star.ts'

const LOST = 'The connection was lost. Reconnecting …'

/** Milliseconds between two refreshes of a host's addresses. */
const REFRESH_MS = 10_000

/** Options of a {@link PeerPage}. */
export interface PeerPageInit {
  /** Selector of the element to render into. */
  root: string
  /** Prefix of the protocols in this example's invitations. */
  prefix: string
  /** What the invitations lead to, as in `a board`. */
  what: string
  /** Returns the current content of the page. */
  view: () => TemplateResult | typeof nothing
  /** Says how the example is, while the page is connected to its peer. */
  status: () => PageStatus
}

/** A sentence about how the example is. `warn` is for what works only in part. */
export interface PageStatus {
  sign: '' | 'good' | 'warn' | 'bad'
  text: string
  /** Whether the page says below what to do about it. */
  hasHelp?: boolean
}

/**
 * The common part of the examples: renders the page, connects it to the peer, and hosts or follows
 * invitations.
 */
export class PeerPage {
  client: Client | undefined
  readonly #root: HTMLElement
  readonly #state = element('#state', HTMLElement)
  readonly #problem = element('#problem', HTMLElement)
  /** Below the content, because it appears later. */
  readonly #help = element('#help', HTMLElement)
  readonly #init: PeerPageInit
  /** The protocol in this page's own invitation. */
  readonly #protocol: string
  readonly #link: RelayLink
  #relay: RelayLinkState = { kind: 'connecting', attempt: 1 }
  #error = ''
  #isRenderQueued = false
  #connected: (() => void)[] = []

  constructor(init: PeerPageInit) {
    this.#init = init
    this.#protocol = newProtocol(init.prefix)
    this.#root = element(init.root, HTMLElement)
    for (const place of [this.#root, this.#state]) place.textContent = ''
    livePeer.addEventListener('change', () => this.draw())
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

  /** Renders the page once at the end of this task. */
  draw(): void {
    if (this.#isRenderQueued) return
    this.#isRenderQueued = true
    queueMicrotask(() => {
      this.#isRenderQueued = false
      render(this.#init.view(), this.#root)
      render(this.#stateView(), this.#state)
      render(this.#problemView(), this.#problem)
      render(this.#relay.kind === 'connected' ? reachHelpView(this.reach, environment) : nothing, this.#help)
    })
  }

  /** Shows an error, or a text, until the next call. `''` shows nothing. */
  readonly fail = (problem: unknown): void => {
    this.#error = problem === '' ? '' : describeError(problem)
    this.draw()
  }

  /**
   * Decodes an invitation with `readInvitation`. Shows what is wrong with an invalid one, and returns
   * undefined.
   */
  read(pasted: string): ConnectString | RelayedRoom | undefined {
    try {
      return readInvitation(pasted, this.#init.prefix, this.#init.what)
    } catch (error) {
      this.fail(error)
      return undefined
    }
  }

  /** Runs the action of a button. Shows its error, unless the user has cancelled a dialog. */
  async act(action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) this.fail(error)
    }
    this.draw()
  }

  /** Says how the connection to the peer is, or else how the example is. */
  #stateView(): TemplateResult {
    const relay = this.#relay
    const {
      sign,
      text,
      hasHelp = false,
    }: PageStatus = relay.kind === 'connected'
      ? this.#init.status()
      : {
          sign: relay.kind === 'waiting' ? 'bad' : '',
          text: describeRelayState(relay, this.client !== undefined),
        }
    const help = hasHelp ? html` <a href="../#/peer">What to do</a>` : nothing
    return html`<p id="status" role="status" class="state ${sign}">${text}${help}</p>`
  }

  #problemView(): TemplateResult {
    return html`<p id="error" role="alert" class="notice bad" .textContent=${this.#error}></p>
      ${relayHelpView(this.#relay, environment, () => this.#link.retry())}`
  }

  /** Who can join what this page opens. */
  get reach(): Reach {
    return reachOf(this.client?.public === true, livePeer.map.relay, environment)
  }

  /** Resolves to the client as soon as it is connected. */
  async ready(): Promise<Client> {
    while (this.#relay.kind !== 'connected') {
      await new Promise<void>((resolve) => this.#connected.push(resolve))
    }
    return this.#relay.client
  }

  /** Updates the addresses in the link. The relay reports new ones only on request. */
  #refresh(client: Client): void {
    client.refresh().catch((error: unknown) => console.debug('the addresses may be outdated:', error))
  }

  /**
   * Accepts guests and passes each to `use`, again after every reconnection. Never returns. Shows a
   * DOMException thrown by `use`, such as that of an unreadable file.
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
            else console.debug('a guest has left:', error)
            guest.close()
          })
        }
      } catch (error) {
        console.debug('the listener has ended:', error)
      }
      await client.closed
      clearInterval(refreshing)
    }
  }

  /**
   * Connects to the host of an invitation, passes the connection to `use`, and reconnects when it ends, until
   * `isDone`. Shows why it can't connect. A DOMException thrown by `use`, such as that of a full disk, ends
   * it, because another connection wouldn't help.
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
        const host = await connectToHost(client, invitation)
        openedMs = performance.now()
        this.fail('')
        await use(host).finally(() => host.close())
        if (isDone()) return
        this.fail(LOST)
      } catch (error) {
        const reason = describeError(error)
        if (openedMs === undefined) this.fail(reason)
        else if (error instanceof DOMException) return this.fail(reason)
        else if (error instanceof FullError)
          this.fail(`${reason} This page tries again until somebody leaves.`)
        else this.fail(`${LOST} ${reason}`)
      }
      pauseMs = nextPauseMs(pauseMs, openedMs === undefined ? 0 : performance.now() - openedMs)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  /** Returns the link, QR code and connect string that invite others to this page. */
  invitation(): TemplateResult {
    const { peer = '', addresses = [] } = this.client ?? {}
    const connectString = connectStringOf(peer, addresses, {
      protocol: this.#protocol,
      isForThisMachine: isLoopbackHost(location.hostname),
    })
    if (connectString === '') {
      return html`<p class="quiet">Waiting for an address of your peer …</p>`
    }
    const link = createLink(location.href, connectString)
    return html`<div class="invitation">
      ${guard([link], () => qrView(link, 'QR code of the link'))}
      <div>
        <p><a id="link" href=${link} target="_blank">Invitation link</a></p>
        ${copyButton(
          'copy-link',
          'Copy link',
          () => link,
          () => selectText(document.querySelector('#link')),
        )}
        <details>
          <summary>Show the connect string</summary>
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
