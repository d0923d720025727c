import type { TemplateResult } from 'lit'
import { html, nothing, render } from 'lit'
import { guard } from 'lit/directives/guard.js'
import type { Client, Connection, RelayLinkState } from '../../src/client/index.ts'
import { RelayLink, connect } from '../../src/client/index.ts'
import type { ConnectString } from '../../src/protocol/index.ts'
import { encodeConnectString } from '../../src/protocol/index.ts'
import { copyButton, selectText } from '../../src/site/copy-button.ts'
import { bestAddresses } from '../../src/site/peer/connect-string.ts'
import { qrView } from '../../src/site/qr-view.ts'
import { relayHelp, relayWords } from '../../src/site/relay-words.ts'
import { wordsOf } from '../../src/site/settings/said.ts'
import { surroundings } from '../../src/site/surroundings.ts'
import { element } from './element.ts'
import { linkOf, readInvitation } from './invitation.ts'

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
  #problem = ''
  #isDrawing = false
  #connected: (() => void)[] = []

  /** Draws what `view` gives into the element with this selector. */
  constructor(selector: string, view: () => TemplateResult) {
    this.#root = element(selector, HTMLElement)
    this.#root.textContent = ''
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

  /** Says what went wrong, an error or words, until something else is said; `''` for nothing. */
  readonly fail = (problem: unknown): void => {
    this.#problem = problem === '' ? '' : wordsOf(problem)
    this.draw()
  }

  /** Says that the link to somebody was lost, while `connections` looks for it. */
  lost(why: string): void {
    this.fail(`The link was lost, and is looked for again. ${why}`)
  }

  /** Reads an invitation as `readInvitation` does; says what is wrong with one that is not good, and gives undefined. */
  read(pasted: string, prefix: string, what: string): ConnectString | undefined {
    try {
      return readInvitation(pasted, prefix, what)
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
    const said = isUp && words !== '' ? words : relayWords(relay, this.client !== undefined)
    return html`<p id="status" role="status" class="state ${sign}">${said}</p>
      <p id="error" role="alert" class="notice bad" .textContent=${this.#problem}></p>
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

  /** Connections to somebody, one after the other: when the last one is lost, or none can be had, says so and tries again. */
  async *connections(
    { peer, addrs, protocol }: ConnectString,
    signal: AbortSignal = new AbortController().signal,
  ): AsyncGenerator<Connection> {
    for (let pauseMs = MIN_REDIAL_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, MAX_REDIAL_MS)) {
      try {
        const client = await this.ready()
        const connection = await client.dial({ peer, addrs }, protocol, { signal })
        pauseMs = MIN_REDIAL_MS
        this.fail('')
        yield connection
      } catch (error) {
        this.fail(error)
      }
      await pause(pauseMs, signal)
    }
  }

  /**
   * Goes where an invitation leads, and there again whenever the link is lost, until `use` says that it has what it came for. What
   * keeps it from that is shown.
   *
   * `prefix` and `what` are those of {@link readInvitation}. What `use` rejects with counts as a lost link, but for a DOMException, such
   * as that of a full disk: no other link would help there, and it ends.
   */
  async visit(
    invitation: string,
    prefix: string,
    what: string,
    use: (connection: Connection) => Promise<boolean>,
  ): Promise<void> {
    const target = this.read(invitation, prefix, what)
    if (target === undefined) return
    try {
      for await (const connection of this.connections(target)) {
        const isDone = await use(connection).catch((error: unknown) => {
          connection.close()
          if (error instanceof DOMException) throw error
          this.lost(wordsOf(error))
          return false
        })
        if (isDone) return
      }
    } catch (error) {
      this.fail(error)
    }
  }

  /** By what others come to a protocol of this peer; empty until the peer has an address. */
  connectString(protocol: string): string {
    const { peer = '', addresses = [] } = this.client ?? {}
    return addresses.length === 0
      ? ''
      : encodeConnectString({ peer, protocol, addrs: bestAddresses(addresses) })
  }

  /** A link to this page, by which others come to a protocol of this peer: to be copied, sent, scanned. */
  invitation(protocol: string): TemplateResult {
    const connectString = this.connectString(protocol)
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
