import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { copyButton, selectText } from '../copy-button.ts'
import { html } from '../html.ts'
import { qrView } from '../qr-view.ts'
import type { Surroundings } from '../relay-words.ts'
import { meetLink } from '../route.ts'
import { connectStringOf } from './connect-string.ts'
import type { KnownPeer } from './known-peer.ts'

/** Who the peer is, where it runs, and what to hand to somebody who is to reach it. */
export function identityView(
  peer: KnownPeer,
  isRunning: boolean,
  surroundings: Surroundings,
): TemplateResult {
  return html`<section class="card" aria-labelledby="peer-title">
    <h2 id="peer-title">${isRunning ? 'Who I am' : 'Who I was, before the peer was lost'}</h2>
    <dl>
      <dt>Peer ID</dt>
      <dd class="row">
        <code translate="no" id="peer" class="grow">${peer.id}</code>
        ${copyButton(
          'copy-peer',
          'Copy',
          () => peer.id,
          () => selectText(document.querySelector('#peer')),
        )}
      </dd>
      <dt>Where it runs</dt>
      <dd id="place">${placeWords(surroundings)}</dd>
    </dl>
    ${isRunning ? invitation(peer) : nothing}
  </section>`
}

/** Where the peer runs, and why it does not run in the browser where it could be expected to. */
export function placeWords({ inBrowser, reason }: Surroundings): string {
  if (inBrowser) return 'In this browser, shared by all tabs of this site.'
  const place = 'In the program that serves this page.'
  return reason === '' ? place : `${place} Not in this browser: ${reason}.`
}

function invitation(peer: KnownPeer): TemplateResult {
  const connectString = connectStringOf(peer.id, peer.addresses)
  if (connectString === '') {
    return html`<p id="no-invitation" class="quiet">
      As soon as the peer has an address, its connect string, a link and a code appear here.
    </p>`
  }
  const link = (): string => meetLink(location.href, connectString)
  return html`<h3>Hand this to who is to reach it</h3>
    <div class="invitation">
      ${guard([connectString], () => qrView(link(), 'Code of the link to this peer'))}
      <div>
        <label for="connect-string">Connect string</label>
        <textarea id="connect-string" rows="5" readonly spellcheck="false" .value=${connectString}></textarea>
        <p class="row">
          ${copyButton(
            'copy-connect-string',
            'Copy',
            () => connectString,
            () => selectText(document.querySelector('#connect-string')),
          )}
          ${copyButton('copy-link', 'Copy link', link, () => selectText(document.querySelector('#meet-link')))}
          <a id="meet-link" href=${link()} target="_blank">Link to this peer</a>
        </p>
      </div>
    </div>`
}
