import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { Client, RelayLinkState } from '../client/index.ts'
import { copyButton, selectText } from './copy-button.ts'
import type { Surroundings } from './relay-words.ts'
import { relayHelp, relayWords } from './relay-words.ts'

/** What the page shows. */
export interface PeerViewInit {
  relay: RelayLinkState
  /** The client that is there, or was there last. */
  client: Client | undefined
  surroundings: Surroundings
  retry: () => void
}

/** The page of a peer: who it is, where it is, who can reach it. */
export function peerView({ relay, client, surroundings, retry }: PeerViewInit): TemplateResult {
  const running = relay.kind === 'connected'
  const sign = running ? 'good' : relay.kind === 'waiting' ? 'bad' : ''
  return html`
    <p id="status" role="status" class="state ${sign}">${relayWords(relay, client !== undefined)}</p>
    ${relayHelp(relay, surroundings, retry)}
    ${client === undefined ? nothing : identity(client, running, surroundings)}
  `
}

function identity(client: Client, running: boolean, surroundings: Surroundings): TemplateResult {
  return html`<section class="card" aria-labelledby="peer-title">
    <h2 id="peer-title">${running ? 'Your peer' : 'Your peer, before the relay was lost'}</h2>
    <dl>
      <dt>Peer ID</dt>
      <dd class="row">
        <code id="peer" class="grow">${client.peer}</code>
        ${copyButton(
          'copy-peer',
          'Copy',
          () => client.peer,
          () => selectText(document.querySelector('#peer')),
        )}
      </dd>
      <dt>Where it runs</dt>
      <dd id="place">${placeWords(surroundings)}</dd>
      <dt>Who can reach it</dt>
      <dd id="reach" class="state ${client.public ? 'good' : 'warn'}">${reachWords(client)}</dd>
      <dt>Addresses</dt>
      <dd id="addresses">${addresses(client.addresses)}</dd>
    </dl>
  </section>`
}

/** Where the peer runs, and why it does not run in the browser where it could be expected to. */
export function placeWords({ inBrowser, reason }: Surroundings): string {
  if (inBrowser) return 'In this browser, shared by all tabs of this site.'
  const place = 'In the program that serves this page.'
  return reason === '' ? place : `${place} Not in this browser: ${reason}.`
}

/** What PUBLIC and the addresses mean for the person who reads them. */
export function reachWords({ public: isPublic, addresses }: Pick<Client, 'public' | 'addresses'>): string {
  if (isPublic) return 'Other peers can reach it, directly or through a relay.'
  if (addresses.length === 0) return 'Only tabs of this browser: it has no address yet.'
  return 'Perhaps peers nearby: none of its addresses is known to be reachable from elsewhere yet.'
}

function addresses(list: readonly string[]): TemplateResult {
  if (list.length === 0) return html`<span class="quiet">None yet. They appear here as they are found.</span>`
  return html`<ul class="list">
    ${list.map((address) => html`<li><code>${address}</code></li>`)}
  </ul>`
}
