import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { RelayStatus, ReservationStatus } from '../../status/index.ts'
import { durationOf } from '../quantities.ts'
import type { KnownPeer } from './known-peer.ts'
import { addressWords, shortId } from './path.ts'

/** Whether others can reach the peer, and through what. */
export function reachView(peer: KnownPeer, status: RelayStatus | undefined): TemplateResult {
  const relays = status?.peer?.relays
  return html`<section class="card" aria-labelledby="reach-title">
    <h2 id="reach-title">Who can reach me</h2>
    <p id="reach" class="state ${peer.public ? 'good' : 'warn'}">${reachWords(peer)}</p>
    ${
      relays === undefined
        ? nothing
        : html`<h3>Relays that hold a place for me</h3>
            ${
              relays.length === 0
                ? html`<p class="quiet">None is named, here or in the <a href="#/settings">settings</a>.</p>`
                : html`<ul id="relays" class="list">
                    ${relays.map((relay) => relayView(relay, status?.atMs ?? 0))}
                  </ul>`
            }`
    }
    <h3>Addresses</h3>
    <div id="addresses">${addressesView(peer.addresses)}</div>
  </section>`
}

/** What PUBLIC and the addresses mean for the person who reads them. */
export function reachWords({ public: isPublic, addresses }: Pick<KnownPeer, 'public' | 'addresses'>): string {
  if (isPublic) return 'Other peers can reach it, directly or through a relay.'
  if (addresses.length === 0) return 'Only tabs of this browser: it has no address yet.'
  return 'Perhaps peers nearby: none of its addresses is known to be reachable from elsewhere yet.'
}

function relayView({ relay, state, lastError, local }: ReservationStatus, atMs: number): TemplateResult {
  const name = html`<code title=${relay}>${shortId(relay)}</code>${local ? ' (nearby)' : ''}`
  const why = lastError === undefined ? '' : `: ${lastError.message}`
  switch (state.kind) {
    case 'held':
      return html`<li class="state good">
        ${name} holds a place, for ${durationOf((atMs - state.sinceMs) / 1000)}.
      </li>`
    case 'trying':
      return html`<li class="state">${name} is being asked for a place …</li>`
    case 'waiting':
      return html`<li class="state bad">
        ${name} has failed ${state.failures === 1 ? 'once' : `${state.failures} times`}, and is tried again in
        ${durationOf((state.retryMs - atMs) / 1000)}${why}
      </li>`
    case 'spare':
      return html`<li class="state">${name} is kept for when another fails.</li>`
    default:
      return state satisfies never
  }
}

function addressesView(addresses: readonly string[]): TemplateResult {
  if (addresses.length === 0) {
    return html`<span class="quiet">None yet. They appear here as they are found.</span>`
  }
  return html`<ul class="list addresses">
    ${addresses.map((address) => html`<li><span class="tag">${addressWords(address)}</span> <code>${address}</code></li>`)}
  </ul>`
}
