import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { AddressStatus, RelayStatus, ReservationStatus } from '../../status/index.ts'
import { formatDuration } from '../../platform/format.ts'
import { html } from '../html.ts'
import type { KnownPeer } from './known-peer.ts'
import { addressWords, shortId } from './path.ts'

/** Where an address comes from, where that is not plain from the address itself. */
const ORIGINS: Readonly<Record<AddressStatus['from'], string>> = {
  relay: '',
  listen: '',
  announce: 'as it was given',
  observed: 'as others see it',
  'port-mapping': 'passed on by the router',
  domain: 'by its name',
}

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
    <div id="addresses">${addressesView(peer.addresses, status?.peer?.addresses ?? [])}</div>
  </section>`
}

/** What PUBLIC and the addresses mean for the person who reads them. */
export function reachWords({ public: isPublic, addresses }: Pick<KnownPeer, 'public' | 'addresses'>): string {
  if (isPublic) return 'Other peers can reach it, directly or through a relay.'
  if (addresses.length === 0) return 'Only tabs of this browser: it has no address yet.'
  return 'Perhaps peers nearby: none of its addresses is known to be reachable from elsewhere yet.'
}

function relayView({ relay, state, lastError, local }: ReservationStatus, atMs: number): TemplateResult {
  const name = html`<code translate="no" title=${relay}>${shortId(relay)}</code
    >${local.length > 0 ? ' (nearby)' : ''}`
  const why = lastError === undefined ? '' : `: ${lastError.message}`
  switch (state.kind) {
    case 'held':
      return html`<li class="state good">
        ${name} holds a place, for ${formatDuration(atMs - state.sinceMs)}.
      </li>`
    case 'trying':
      return html`<li class="state">${name} is being asked for a place …</li>`
    case 'waiting':
      return html`<li class="state bad">
        ${name} has failed ${state.failures === 1 ? 'once' : `${state.failures} times`}, and is tried again in
        ${formatDuration(state.retryMs - atMs)}${why}
      </li>`
    case 'spare':
      return html`<li class="state">${name} is kept for when another fails.</li>`
    default:
      return state satisfies never
  }
}

/** Those that others are told; and, where more is known of them, those that may become such. */
function addressesView(told: readonly string[], known: readonly AddressStatus[]): TemplateResult {
  const others = known.filter((address) => !address.told)
  if (told.length + others.length === 0) {
    return html`<span class="quiet">None yet. They appear here as they are found.</span>`
  }
  const all = [
    ...told.map((address) => known.find((one) => one.address === address) ?? { address }),
    ...others,
  ]
  return html`<ul class="list addresses">
    ${all.map(addressView)}
  </ul>`
}

function addressView(address: Pick<AddressStatus, 'address'> & Partial<AddressStatus>): TemplateResult {
  const origin = address.from === undefined ? '' : ORIGINS[address.from]
  const untold = address.told === false ? 'not confirmed yet, so nobody is told' : ''
  const words = [origin, untold].filter(Boolean).join('; ')
  return html`<li>
    <span class="tag" translate="no">${addressWords(address.address)}</span>
    <code translate="no">${address.address}</code>
    ${words === '' ? nothing : html`<span class="quiet">${words}</span>`}
  </li>`
}
