import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { isLoopbackHost } from '../../platform/loopback.ts'
import { describeError } from '../feedback.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'

/** Set by the service worker on its stored copy of `network.json`. */
const KEPT_HEADER = 'libp2p-websocket-kept'

type State = { kind: 'hidden' | 'offered' | 'stopping' | 'stopped' } | { kind: 'failed'; reason: string }

/** A button that stops a server on this machine which allows that, to show that connections go on. */
export class ServerStop {
  readonly #draw: () => void
  #state: State = { kind: 'hidden' }

  /** @param draw renders the page again */
  constructor(draw: () => void) {
    this.#draw = draw
    // Only servers on this machine can be stopped.
    if (isLoopbackHost(location.hostname)) void this.#ask()
  }

  view(): TemplateResult | typeof nothing {
    const state = this.#state
    if (state.kind === 'hidden') return nothing
    if (state.kind === 'stopped') {
      return html`<p id="server-stopped" role="status">
        The server has stopped. This page, your peer and its connections go on.
      </p>`
    }
    return html`<button
        type="button"
        id="stop-server"
        ?disabled=${state.kind === 'stopping'}
        @click=${() => void this.#stop()}
      >
        Stop the server
      </button>
      <span class="quiet" role="status"
        >${
          state.kind === 'failed'
            ? sentenceView(state.reason)
            : 'Connected browsers go on without it. Start it again in the terminal.'
        }</span
      >`
  }

  /** The server says in `network.json` whether it can be stopped. */
  async #ask(): Promise<void> {
    try {
      const response = await fetch(new URL('network.json', document.baseURI), { cache: 'no-store' })
      // A stored copy says nothing about the server.
      if (!response.ok || response.headers.has(KEPT_HEADER)) return
      const network: unknown = await response.json()
      if (typeof network !== 'object' || network === null) return
      if (!('stoppable' in network) || network.stoppable !== true) return
      this.#set({ kind: 'offered' })
    } catch (error) {
      console.debug('libp2p-websocket:', error)
    }
  }

  async #stop(): Promise<void> {
    this.#set({ kind: 'stopping' })
    try {
      const response = await fetch(new URL('stop', document.baseURI), {
        method: 'POST',
        headers: { 'x-libp2p-websocket-stop': '1' },
      })
      if (!response.ok) throw new Error(await response.text())
      this.#set({ kind: 'stopped' })
    } catch (error) {
      this.#set({ kind: 'failed', reason: describeError(error) })
    }
  }

  #set(state: State): void {
    this.#state = state
    this.#draw()
  }
}
