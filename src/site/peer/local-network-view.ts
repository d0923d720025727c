import type { TemplateResult } from 'lit'
import type { RelayStatus } from '../../status/index.ts'
import { html } from '../html.ts'

/** Milliseconds for the browser to open a socket once it has been asked; who decides may take longer, and the peer sees that. */
const SOCKET_TIMEOUT_MS = 60_000

/** The first WebSocket of a relay that is wanted and not held, for which the user has not been asked; undefined if there is none. */
export function askedFor({ host, peer }: RelayStatus): string | undefined {
  return peer?.relays
    .filter(({ state }) => state.kind !== 'held')
    .flatMap(({ local }) => local)
    .find(({ space }) => host.localNetwork?.[space] === 'prompt')?.url
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
