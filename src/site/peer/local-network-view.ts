import type { TemplateResult } from 'lit'
import { html } from 'lit'
import type { RelayStatus } from '../../status/index.ts'

/** Milliseconds for the browser to open a socket once it has been asked; who decides may take longer, and the peer sees that. */
const SOCKET_TIMEOUT_MS = 60_000
/** What the site's content policy lets a page reach: this machine, by the names that a browser takes for it without asking a resolver. */
const OWN_MACHINE = /^\/(?:ip4\/(127\.0\.0\.1)|dns[46]?\/(localhost))\/tcp\/(\d+)\/ws(?:\/|$)/

/** The WebSocket of the first relay on this machine that is wanted and not held; undefined if there is none. */
export function askedFor({ peer }: RelayStatus): string | undefined {
  for (const { addresses, state } of peer?.relays ?? []) {
    if (state.kind === 'held') continue
    for (const address of addresses) {
      const [, ip, name, port] = OWN_MACHINE.exec(address) ?? []
      if (port !== undefined) return `ws://${ip ?? name ?? ''}:${port}/`
    }
  }
  return undefined
}

/**
 * A button by which the browser asks its user whether this site may reach the local network: it does so only for a page, which has
 * to try. The peer, in a worker, sees what was decided, and dials then.
 */
export function localNetworkView(url: string): TemplateResult {
  return html`<p>
    <button type="button" id="ask-local-network" @click=${() => ask(url)}>Ask the browser</button>
  </p>`
}

function ask(url: string): void {
  const socket = new WebSocket(url)
  const timer = setTimeout(() => socket.close(), SOCKET_TIMEOUT_MS)
  socket.addEventListener('open', () => socket.close())
  socket.addEventListener('close', () => clearTimeout(timer))
}
