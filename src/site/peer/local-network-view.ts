import type { TemplateResult } from 'lit'
import type { RelayStatus } from '../../status/index.ts'
import { html } from '../html.ts'

/**
 * Milliseconds to wait for the socket, which is closed then. The user's decision may take longer; the peer
 * notices it anyway.
 */
const SOCKET_TIMEOUT_MS = 60_000

/**
 * Returns the first circuit relay URL in the local network that the peer can't reach until the browser has
 * asked the user; undefined if none.
 */
export function findBlockedUrl({ host, peer }: RelayStatus): string | undefined {
  return peer?.relays
    .filter(({ state }) => state.kind !== 'held')
    .flatMap(({ local }) => local)
    .find(({ space }) => host.localNetwork?.[space] === 'prompt')?.url
}

/**
 * A button that makes the browser ask for permission to reach the local network. Browsers ask only when a
 * page tries to connect, so it opens a WebSocket. The peer, in its worker, notices the decision and dials the
 * circuit relay itself.
 */
export function localNetworkView(url: string): TemplateResult {
  return html`<p>
    <button type="button" id="ask-local-network" @click=${() => requestPermission(url)}>
      Allow access …
    </button>
  </p>`
}

function requestPermission(url: string): void {
  const socket = new WebSocket(url)
  const timer = setTimeout(() => socket.close(), SOCKET_TIMEOUT_MS)
  socket.addEventListener('open', () => socket.close())
  socket.addEventListener('close', () => clearTimeout(timer))
}
