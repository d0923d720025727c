import type { TemplateResult } from 'lit'
import { nothing, render } from 'lit'
import type { Client, RelayLinkState } from '../../src/client/index.ts'
import { RelayLink, connect } from '../../src/client/index.ts'
import { environment } from '../../src/site/environment.ts'
import { describeError } from '../../src/site/feedback.ts'
import { html } from '../../src/site/html.ts'
import { describeRelayState, relayHelpView } from '../../src/site/relay-state-view.ts'
import { element } from './element.ts'
import { livePeer } from './live-peer.ts'
import type { PageStatus } from './page-status.ts'
import { statusView } from './page-status.ts'
import type { Reach } from './reach.ts'
import { reachHelpView, reachOf } from './reach.ts'

/** Options of a {@link PeerPage}. */
export interface PeerPageInit {
  /** Selector of the element to render into. */
  root: string
  /** Returns the current content of the page. */
  view: () => TemplateResult | typeof nothing
}

/**
 * The common part of the examples: connects the page to its peer, and renders it with its state and errors.
 */
export class PeerPage {
  /** The current client, or the last one while the peer is gone. */
  client: Client | undefined
  readonly #init: PeerPageInit
  readonly #root: HTMLElement
  readonly #state = element('#state', HTMLElement)
  readonly #problem = element('#problem', HTMLElement)
  /** Below the content, because it appears later. */
  readonly #help = element('#help', HTMLElement)
  readonly #link: RelayLink
  #relay: RelayLinkState = { kind: 'connecting', attempt: 1 }
  #error = ''
  #isRenderQueued = false
  #connected: (() => void)[] = []

  constructor(init: PeerPageInit) {
    this.#init = init
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

  /** Who can join what this page opens. */
  get reach(): Reach {
    return reachOf(this.client?.public === true, livePeer.map.relay, environment)
  }

  /** Returns the state of the example, while the page is connected to its peer. */
  protected status(): PageStatus {
    return { sign: 'good', text: 'Your peer is running.' }
  }

  /** Renders other parts of the page. */
  protected drawMore(): void {
    // There are none by default.
  }

  /** Renders the page once at the end of this task. */
  draw(): void {
    if (this.#isRenderQueued) return
    this.#isRenderQueued = true
    queueMicrotask(() => {
      this.#isRenderQueued = false
      render(this.#init.view(), this.#root)
      this.drawMore()
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

  /** Runs the action of a button. Shows its error, unless the user has cancelled a dialog. */
  async act(action: () => Promise<unknown>): Promise<void> {
    try {
      await action()
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) this.fail(error)
    }
    this.draw()
  }

  /** Resolves to the client as soon as it is connected. */
  async ready(): Promise<Client> {
    while (this.#relay.kind !== 'connected') {
      await new Promise<void>((resolve) => this.#connected.push(resolve))
    }
    return this.#relay.client
  }

  /** Shows the state of the connection to the peer, or else that of the example. */
  #stateView(): TemplateResult {
    const relay = this.#relay
    return statusView(
      relay.kind === 'connected'
        ? this.status()
        : {
            sign: relay.kind === 'waiting' ? 'bad' : '',
            text: describeRelayState(relay, this.client !== undefined),
          },
    )
  }

  #problemView(): TemplateResult {
    return html`<p id="error" role="alert" class="notice bad" .textContent=${this.#error}></p>
      ${relayHelpView(this.#relay, environment, () => this.#link.retry())}`
  }
}
