import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { ConnectionStatus, RelayStatus } from '../../status/index.ts'
import { formatBytes, formatCount, formatDuration } from '../../platform/format.ts'
import { LOOPBACK, pathOf } from './path.ts'
import { pathSentence, pathView } from './path-view.ts'
import { html } from '../html.ts'

/** Connections that are drawn at once: a peer of a network with many others has some hundred. */
const DRAWN = 30

/** The connections to other peers, each with the way that it takes, and the streams that stay inside. */
export function connectionsView({ peer, clients, atMs }: RelayStatus): TemplateResult {
  const connections = [...(peer?.connections ?? [])].sort(
    (one, other) => other.streams.length - one.streams.length || other.openedMs - one.openedMs,
  )
  const inside = clients.flatMap(({ streams }) => streams).filter(({ path }) => path === 'loopback')
  const more = (peer?.connectionCount ?? 0) - Math.min(DRAWN, connections.length)
  return html`<section class="card wide" aria-labelledby="connections-title">
    <h2 id="connections-title">Connections</h2>
    ${
      connections.length === 0 && inside.length === 0
        ? html`<p class="quiet">None. Pages of this peer can talk to each other all the same.</p>`
        : html`<ul id="connections" class="list tiles">
            ${inside.length === 0 ? nothing : insideView(inside.map(({ protocol }) => protocol))}
            ${repeat(
              connections.slice(0, DRAWN),
              ({ id }) => id,
              (connection) => connectionView(connection, atMs),
            )}
          </ul>`
    }
    ${more > 0 ? html`<p class="quiet">And ${formatCount(more, 'other')}.</p>` : nothing}
  </section>`
}

function connectionView(connection: ConnectionStatus, atMs: number): TemplateResult {
  const { peer, address, direction, limited, leftBytes, streams, openedMs, inBytes, outBytes } = connection
  const path = pathOf(connection)
  const left = leftBytes === undefined ? 'its bytes' : `its bytes: ${formatBytes(leftBytes)} are left`
  return html`<li class="tile">
    ${pathView(path, peer)}
    <p><code translate="no" title=${address}>${peer}</code></p>
    <p class="quiet">
      ${pathSentence(path)} ${direction === 'inbound' ? 'It came to me' : 'I went to it'}
      ${formatDuration(atMs - openedMs)} ago.
      ${inBytes + outBytes === 0 ? '' : `${formatBytes(inBytes)} received, ${formatBytes(outBytes)} sent.`}
      ${limited ? `The relay limits its time and ${left}.` : ''}
    </p>
    ${streamsView(streams)}
  </li>`
}

/** All streams between pages of this peer, as one way. */
function insideView(protocols: string[]): TemplateResult {
  return html`<li class="tile">
    ${pathView(LOOPBACK, '')}
    <p class="quiet">${pathSentence(LOOPBACK)}</p>
    ${streamsView([...new Set(protocols)])}
  </li>`
}

function streamsView(protocols: readonly string[]): TemplateResult {
  if (protocols.length === 0) return html`<p class="quiet">No stream.</p>`
  return html`<ul class="tags" aria-label="Streams">
    ${protocols.map((protocol) => html`<li class="tag"><code translate="no">${protocol}</code></li>`)}
  </ul>`
}
