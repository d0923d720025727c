import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { AddressStatus, RelayStatus, ReservationStatus } from '../../status/index.ts'
import { toSentence } from '../feedback.ts'
import { formatDuration } from '../../platform/format.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import type { KnownPeer } from './known-peer.ts'
import { describeAddressKind, shortId } from './path.ts'

/** Where an address comes from, unless the address itself shows it. */
const ORIGINS: Readonly<Record<AddressStatus['from'], string>> = {
  relay: '',
  listen: '',
  announce: 'set with -announce',
  observed: 'observed by other peers',
  'port-mapping': 'forwarded by the router',
  domain: 'domain name',
}

/** Shows whether others can reach the peer, with its reservations and addresses. */
export function reachView(peer: KnownPeer, status: RelayStatus | undefined): TemplateResult {
  const relays = status?.peer?.relays
  return html`<section class="card" aria-labelledby="reach-title">
    <h2 id="reach-title">Reachability</h2>
    <p id="reach" class="state ${peer.public ? 'good' : 'warn'}">${describeReach(peer)}</p>
    ${
      relays === undefined
        ? nothing
        : html`<h3>Circuit relays</h3>
            ${
              relays.length === 0
                ? html`<p class="quiet">
                    No circuit relays are configured. You can add one in <a href="#/settings">Settings</a>.
                  </p>`
                : html`<ul id="relays" class="list">
                    ${relays.map((relay) => reservationView(relay, status?.atMs ?? 0))}
                  </ul>`
            }`
    }
    <h3>Addresses</h3>
    <div id="addresses">${addressesView(peer.addresses, status?.peer?.addresses ?? [])}</div>
  </section>`
}

/** Says who can reach the peer, given PUBLIC and its addresses. */
export function describeReach({
  public: isPublic,
  addresses,
}: Pick<KnownPeer, 'public' | 'addresses'>): string {
  if (isPublic) return 'Other peers can reach your peer, directly or through a circuit relay.'
  if (addresses.length === 0) return 'Only tabs of this browser can reach your peer: it has no address yet.'
  return 'Peers in your local network may reach your peer. No address is confirmed to be reachable from elsewhere yet.'
}

function reservationView(
  { relay, state, lastError, local }: ReservationStatus,
  atMs: number,
): TemplateResult {
  const name = html`<code translate="no" title=${relay}>${shortId(relay)}</code
    >${local.length > 0 ? ' (local network)' : ''}`
  const why = sentenceView(lastError === undefined ? '.' : `. ${toSentence(lastError.message)}`)
  switch (state.kind) {
    case 'held':
      return html`<li class="state good">
        ${name}: reservation held for ${formatDuration(atMs - state.sinceMs)}.
      </li>`
    case 'trying':
      return html`<li class="state">${name}: requesting a reservation …</li>`
    case 'waiting':
      return html`<li class="state bad">
        ${name}: failed ${state.failures === 1 ? 'once' : `${state.failures} times`}, next attempt in
        ${formatDuration(state.retryMs - atMs)}${why}
      </li>`
    case 'spare':
      return html`<li class="state">${name}: in reserve, in case another circuit relay fails.</li>`
    default:
      return state satisfies never
  }
}

/** Lists the announced addresses, and those that may be announced once they are confirmed. */
function addressesView(announced: readonly string[], known: readonly AddressStatus[]): TemplateResult {
  const others = known.filter((address) => !address.told)
  if (announced.length + others.length === 0) {
    return html`<span class="quiet">None yet.</span>`
  }
  const all = [
    ...announced.map((address) => known.find((one) => one.address === address) ?? { address }),
    ...others,
  ]
  return html`<ul class="list addresses">
    ${all.map(addressView)}
  </ul>`
}

function addressView(address: Pick<AddressStatus, 'address'> & Partial<AddressStatus>): TemplateResult {
  const origin = address.from === undefined ? '' : ORIGINS[address.from]
  const unconfirmed = address.told === false ? 'not announced until confirmed' : ''
  const notes = [origin, unconfirmed].filter(Boolean).join('; ')
  return html`<li>
    <span class="tag" translate="no">${describeAddressKind(address.address)}</span>
    <code translate="no">${address.address}</code>
    ${notes === '' ? nothing : html`<span class="quiet">${notes}</span>`}
  </li>`
}
