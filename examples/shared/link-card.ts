import type { TemplateResult } from 'lit'
import { copyButton, selectText } from '../../src/site/copy-button.ts'
import { html } from '../../src/site/html.ts'
import { qrView } from '../../src/site/qr-view.ts'

/** The page's own address as a link, a button that copies it, and a QR code. */
export function linkCard(title: string): TemplateResult {
  const { href } = location
  const select = (): void => selectText(document.querySelector('#link'))
  return html`<h2>${title}</h2>
    <p>Open this link in another browser:</p>
    <p><a id="link" href=${href} translate="no">${href}</a></p>
    ${copyButton('copy', 'Copy link', () => href, select)} ${qrView(href, 'The link as a QR code')}`
}
