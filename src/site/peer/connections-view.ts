import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { ConnectionStatus, LastingStatus, RelayStatus } from '../../status/index.ts'
import { formatBytes, formatCount, formatDuration } from '../../platform/format.ts'
import { html } from '../html.ts'
import { LOOPBACK, pathOf } from './path.ts'
import { pathSentence, pathView } from './path-view.ts'

/** Connections to show. A peer of a large network has hundreds. */
const MAX_SHOWN = 30

/** Shows the connections to other peers with the path of each, and the streams between pages of this peer. */
export function connectionsView({ peer, clients, atMs }: RelayStatus): TemplateResult {
  const connections = [...(peer?.connections ?? [])].sort(
    (one, other) => other.streams.length - one.streams.length || other.openedMs - one.openedMs,
  )
  const loopback = clients.flatMap(({ streams }) => streams).filter(({ path }) => path === 'loopback')
  const lasting = peer?.lasting
  const more = (peer?.connectionCount ?? 0) - Math.min(MAX_SHOWN, connections.length)
  return html`<section class="card wide" aria-labelledby="connections-title">
    <h2 id="connections-title">Connections</h2>
    ${
      connections.length === 0 && loopback.length === 0
        ? html`<p class="quiet">None. Pages of this site can still connect to each other.</p>`
        : html`<ul id="connections" class="list tiles">
            ${loopback.length === 0 ? nothing : loopbackView(loopback.map(({ protocol }) => protocol))}
            ${repeat(
              connections.slice(0, MAX_SHOWN),
              ({ id }) => id,
              (connection) => connectionView(connection, atMs),
            )}
          </ul>`
    }
    ${lasting === undefined ? nothing : lastingView(lasting)}
    ${more > 0 ? html`<p class="quiet">And ${formatCount(more, 'other connection')}.</p>` : nothing}
  </section>`
}

function connectionView(connection: ConnectionStatus, atMs: number): TemplateResult {
  const { peer, address, direction, limited, leftBytes, streams, openedMs, inBytes, outBytes } = connection
  const path = pathOf(connection)
  const left = leftBytes === undefined ? '' : `; ${formatBytes(leftBytes)} are left`
  return html`<li class="tile">
    ${pathView(path, peer)}
    <p><code translate="no" title=${address}>${peer}</code></p>
    <p class="quiet">
      ${pathSentence(path)} ${direction === 'inbound' ? 'Opened by the other peer' : 'Opened by your peer'}
      ${formatDuration(atMs - openedMs)} ago.
      ${inBytes + outBytes === 0 ? '' : `${formatBytes(inBytes)} received, ${formatBytes(outBytes)} sent.`}
      ${limited ? `The circuit relay limits its duration and data${left}.` : ''}
    </p>
    ${streamsView(streams)}
  </li>`
}

/** Tells what has become of the streams that lost their link, once there was one. */
function lastingView({ interrupted, resumed, moved, lost }: LastingStatus): TemplateResult | typeof nothing {
  const counts = [
    interrupted === 0 ? '' : `${interrupted} interrupted, reconnecting`,
    resumed === 0 ? '' : `${resumed} reconnected`,
    moved === 0 ? '' : `${moved} moved to a better connection`,
    lost === 0 ? '' : `${lost} lost`,
  ].filter(Boolean)
  return counts.length === 0 ? nothing : html`<p class="quiet">Streams: ${counts.join(', ')}.</p>`
}

/** Shows all streams between pages of this peer as one path. */
function loopbackView(protocols: string[]): TemplateResult {
  return html`<li class="tile">
    ${pathView(LOOPBACK, '')}
    <p class="quiet">${pathSentence(LOOPBACK)}</p>
    ${streamsView([...new Set(protocols)])}
  </li>`
}

function streamsView(protocols: readonly string[]): TemplateResult {
  if (protocols.length === 0) return html`<p class="quiet">No streams.</p>`
  return html`<ul class="tags" aria-label="Streams">
    ${protocols.map((protocol) => html`<li class="tag"><code translate="no">${protocol}</code></li>`)}
  </ul>`
}
