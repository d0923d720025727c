import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { PeerReport } from '../../admin/messages.ts'
import type {
  ClientStatus,
  ListenerStatus,
  PathKind,
  StreamStatus,
  TabStatus,
  Traffic,
} from '../../status/index.ts'
import { formatBytes, formatCount } from '../../platform/format.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import type { StreamRates } from '../stream-rates.ts'
import { shortId } from './path.ts'

/** Streams to list per tab. The total number is always shown. */
const MAX_LISTED = 20

const PATHS: Readonly<Record<PathKind, string>> = {
  direct: 'direct',
  webrtc: 'over WebRTC',
  relayed: 'through a circuit relay',
  loopback: 'between your pages',
  interrupted: 'interrupted, reconnecting',
}

const WEBRTC: Readonly<Record<TabStatus['webrtc'], string>> = {
  lends: 'provides WebRTC',
  comes: 'is starting to provide WebRTC',
  unsupported: 'does not support WebRTC',
  blocked: 'is not allowed to use WebRTC',
  'budget-spent': 'has used up its WebRTC connections',
}

/**
 * Lists the peer's tabs, or its clients outside a browser, with the WebRTC, listeners and streams of each.
 */
export function clientsView(
  { status: { tabs, clients }, asking }: PeerReport,
  rates: StreamRates,
): TemplateResult {
  const names = tabs?.map(({ name }) => name) ?? [...new Set(clients.map(({ name }) => name))]
  return html`<section class="card" aria-labelledby="clients-title">
    <h2 id="clients-title">${tabs === undefined ? 'Clients' : 'Tabs'}</h2>
    ${
      names.length === 0
        ? html`<p class="quiet">None.</p>`
        : html`<ul id="clients" class="list tabs">
            ${repeat(
              names,
              (name) => name,
              (name) =>
                clientView(
                  name,
                  clients.filter((client) => client.name === name),
                  tabs?.find((tab) => tab.name === name),
                  name === asking,
                  rates,
                ),
            )}
          </ul>`
    }
  </section>`
}

function clientView(
  name: string,
  clients: readonly ClientStatus[],
  tab: TabStatus | undefined,
  isAsking: boolean,
  rates: StreamRates,
): TemplateResult {
  const sum = (count: (client: ClientStatus) => number): number =>
    clients.reduce((total, client) => total + count(client), 0)
  const queued = sum(({ queuedBytes }) => queuedBytes)
  const pending = sum(({ pendingConnects }) => pendingConnects)
  const interrupted = clients.flatMap(({ streams }) => streams).filter(({ path }) => path === 'interrupted')
  const marks = [
    isAsking ? 'this tab' : '',
    tab === undefined ? '' : WEBRTC[tab.webrtc],
    tab === undefined || tab.carries === 0 ? '' : `carries ${formatCount(tab.carries, 'connection')}`,
    formatCount(clients.length, 'socket'),
    formatCount(
      sum(({ streamCount }) => streamCount),
      'stream',
    ),
    interrupted.length === 0 ? '' : `${interrupted.length} interrupted`,
    pending === 0 ? '' : `${pending} opening`,
    queued === 0 ? '' : `${formatBytes(queued)} queued`,
  ].filter(Boolean)
  const label =
    [tab?.title, tab?.path, clients[0]?.label].find((one) => one !== undefined && one !== '') ?? name
  const listeners = clients.flatMap((client) => client.listeners)
  const streams = clients.flatMap((client) =>
    client.streams.map((stream) => ({ stream, rate: rates.of(client, stream) })),
  )
  return html`<li>
    <strong class="name"><bdi translate="no">${label}</bdi></strong>
    <span class="quiet"
      >${sentenceView([label === name ? '' : name, ...marks].filter(Boolean).join(', '))}</span
    >
    ${
      listeners.length === 0
        ? nothing
        : html`<ul class="tags" aria-label="Listeners">
            ${listeners.map(listenerView)}
          </ul>`
    }
    ${
      streams.length === 0
        ? nothing
        : html`<ul class="list streams" aria-label="Streams">
            ${streams.slice(0, MAX_LISTED).map(({ stream, rate }) => streamView(stream, rate))}
          </ul>`
    }
    ${streams.length > MAX_LISTED ? html`<p class="quiet">And ${formatCount(streams.length - MAX_LISTED, 'other stream')}.</p>` : nothing}
  </li>`
}

function listenerView({ protocol, open, accepted }: ListenerStatus): TemplateResult {
  return html`<li class="tag">
    listens on <code translate="no">${protocol}</code>${accepted === 0 ? '' : `, ${open} of ${accepted} open`}
  </li>`
}

function streamView(
  { peer, protocol, direction, path, inBytes, outBytes, lasting }: StreamStatus,
  rate: Readonly<Traffic>,
): TemplateResult {
  return html`<li>
    <code translate="no">${protocol}</code> ${direction === 'inbound' ? 'from' : 'to'}
    <code translate="no" title=${peer}>${shortId(peer)}</code>, ${PATHS[path]}: ${formatBytes(inBytes)}
    received${rateWords(rate.inBytes)}, ${formatBytes(outBytes)}
    sent${rateWords(rate.outBytes)}${lasting === undefined ? '' : lastingWords(lasting)}
  </li>`
}

function lastingWords({ linkChanges, unacknowledgedBytes }: StreamStatus['lasting'] & object): string {
  const changes = linkChanges === 0 ? '' : `, ${formatCount(linkChanges, 'change')} of link`
  return unacknowledgedBytes === 0
    ? changes
    : `${changes}, ${formatBytes(unacknowledgedBytes)} unacknowledged`
}

function rateWords(bytesPerSecond: number): string {
  return bytesPerSecond < 1 ? '' : ` (${formatBytes(bytesPerSecond)}/s)`
}
