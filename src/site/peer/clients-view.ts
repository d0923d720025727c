import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { PeerReport } from '../../operator/wire.ts'
import { bytesOf, countOf } from '../quantities.ts'

type ClientReport = PeerReport['status']['clients'][number]

/** The tabs that are attached to the peer: what each one lends, listens on and has open. */
export function clientsView({ status, tabs }: PeerReport): TemplateResult {
  const names = tabs?.map(({ name }) => name) ?? [...new Set(status.clients.map(({ name }) => name))]
  return html`<section class="card" aria-labelledby="clients-title">
    <h2 id="clients-title">${tabs === undefined ? 'Clients' : 'Tabs'}</h2>
    ${
      names.length === 0
        ? html`<p class="quiet">None.</p>`
        : html`<ul id="clients" class="list tabs">
            ${names.map((name) => {
              const tab = tabs?.find((one) => one.name === name)
              return clientView(
                name,
                status.clients.filter((client) => client.name === name),
                tab,
              )
            })}
          </ul>`
    }
  </section>`
}

function clientView(
  name: string,
  clients: readonly ClientReport[],
  tab: NonNullable<PeerReport['tabs']>[number] | undefined,
): TemplateResult {
  const listeners = clients.flatMap((client) => client.listeners)
  const connections = clients.reduce((sum, client) => sum + client.connections, 0)
  const queued = clients.reduce((sum, { queuedBytes }) => sum + queuedBytes, 0)
  const marks = [
    tab?.isAsking === true ? 'this one' : '',
    tab?.lends === true ? 'lends WebRTC' : '',
    clients.length === 0 ? 'no socket' : countOf(clients.length, 'socket'),
    connections === 0 ? '' : countOf(connections, 'stream'),
    queued === 0 ? '' : `${bytesOf(queued)} waiting`,
  ].filter(Boolean)
  return html`<li>
    <strong class="name">${name}</strong> <span class="quiet">${marks.join(', ')}</span>
    ${
      listeners.length === 0
        ? nothing
        : html`<ul class="tags" aria-label="Listens on">
            ${listeners.map((protocol) => html`<li class="tag">listens on <code>${protocol}</code></li>`)}
          </ul>`
    }
  </li>`
}
