import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { copyButton, selectText } from '../copy-button.ts'
import type { Environment } from '../environment.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import { qrView } from '../qr-view.ts'
import { meetLink } from '../route.ts'
import { isLoopbackHost } from '../../platform/loopback.ts'
import { connectStringOf } from './short-connect-string.ts'
import type { KnownPeer } from './known-peer.ts'

/** Shows the peer's ID, where it runs, and a link, QR code and connect string to share. */
export function identityView(peer: KnownPeer, isRunning: boolean, environment: Environment): TemplateResult {
  return html`<section class="card" aria-labelledby="peer-title">
    <h2 id="peer-title">${isRunning ? 'Identity' : 'Identity before the connection was lost'}</h2>
    <dl>
      <dt>Peer ID</dt>
      <dd class="row">
        <code translate="no" id="peer" class="grow">${peer.id}</code>
        ${copyButton(
          'copy-peer',
          'Copy peer ID',
          () => peer.id,
          () => selectText(document.querySelector('#peer')),
        )}
      </dd>
      <dt>Where it runs</dt>
      <dd id="place">${sentenceView(describePlace(environment))}</dd>
    </dl>
    ${isRunning ? invitation(peer) : nothing}
  </section>`
}

/** Says where the peer runs, and why it doesn't run in this browser if it should. */
export function describePlace({ inBrowser, reason }: Environment): string {
  if (inBrowser) return 'In this browser, shared by all tabs of this site.'
  const place = 'In the program that serves this page'
  return reason === '' ? `${place}.` : `${place}, because ${reason}.`
}

function invitation(peer: KnownPeer): TemplateResult {
  const connectString = connectStringOf(peer.id, peer.addresses, {
    isForThisMachine: isLoopbackHost(location.hostname),
  })
  if (connectString === '') {
    return html`<p id="no-invitation" class="quiet">
      A link to share appears here as soon as your peer has an address.
    </p>`
  }
  const link = (): string => meetLink(location.href, connectString)
  return html`<h3>Share your peer</h3>
    <div class="invitation">
      ${guard([connectString], () => qrView(link(), 'QR code of the link to your peer'))}
      <div>
        <label for="connect-string">Connect string</label>
        <textarea id="connect-string" rows="5" readonly spellcheck="false" .value=${connectString}></textarea>
        <p class="row">
          ${copyButton(
            'copy-connect-string',
            'Copy connect string',
            () => connectString,
            () => selectText(document.querySelector('#connect-string')),
          )}
          ${copyButton('copy-link', 'Copy link', link, () => selectText(document.querySelector('#meet-link')))}
          <a id="meet-link" href=${link()} target="_blank">Link to your peer</a>
        </p>
      </div>
    </div>`
}
