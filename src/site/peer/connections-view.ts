import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Client } from '../../client/index.ts'
import type { PeerReport } from '../../operator/wire.ts'
import { countOf, durationOf } from '../quantities.ts'
import { pathOf, pathWords } from './path.ts'
import { pathView } from './path-view.ts'

type Connection = NonNullable<PeerReport['status']['peer']>['connections'][number]

/** Connections that are drawn at once: a peer of a network with many others has some hundred. */
const DRAWN = 30

/** The connections to other peers, each with the way that it takes. */
export function connectionsView(_client: Client, report: PeerReport): TemplateResult {
  const connections = [...(report.status.peer?.connections ?? [])].sort(
    (one, other) => other.streams.length - one.streams.length || other.openedMs - one.openedMs,
  )
  const more = connections.length - DRAWN
  return html`<section class="card wide" aria-labelledby="connections-title">
    <h2 id="connections-title">Connections</h2>
    ${
      connections.length === 0
        ? html`<p class="quiet">None. Pages of this peer can talk to each other all the same.</p>`
        : html`<ul id="connections" class="list tiles">
            ${repeat(connections.slice(0, DRAWN), ({ peer, address, openedMs }) => `${peer} ${address} ${openedMs}`, connectionView)}
          </ul>`
    }
    ${more > 0 ? html`<p class="quiet">And ${countOf(more, 'other')}.</p>` : nothing}
  </section>`
}

function connectionView({
  peer,
  address,
  direction,
  limited,
  streams,
  openedMs,
}: Connection): TemplateResult {
  const path = pathOf(address)
  return html`<li class="tile">
    ${pathView(path, peer)}
    <p>
      <code class="whole" title=${address}>${peer}</code>
    </p>
    <p class="quiet">
      ${pathWords(path)} ${direction === 'inbound' ? 'It came to me' : 'I went to it'}
      ${durationOf((Date.now() - openedMs) / 1000)}
      ago.${limited ? ' The relay limits its time and its bytes.' : ''}
    </p>
    ${
      streams.length === 0
        ? html`<p class="quiet">No stream.</p>`
        : html`<ul class="tags" aria-label="Streams">
            ${streams.map((protocol) => html`<li class="tag"><code>${protocol}</code></li>`)}
          </ul>`
    }
  </li>`
}
