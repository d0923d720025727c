import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { guard } from 'lit/directives/guard.js'
import { copyButton, selectText } from '../../src/site/copy-button.ts'
import { html } from '../../src/site/html.ts'
import { qrView } from '../../src/site/qr-view.ts'

/** Characters of a link that is shown as it is. */
const MAX_SHOWN = 120

/** Shows a link with its QR code, and buttons to copy and to share it. */
export function invitationView(
  link: string,
  more: TemplateResult | typeof nothing = nothing,
): TemplateResult {
  const share = (): void => {
    // Rejects if the user closes the dialog.
    navigator.share({ url: link }).catch((error: unknown) => console.debug('not shared:', error))
  }
  const isShort = link.length <= MAX_SHOWN
  return html`<div class="invitation">
    ${guard([link], () => qrView(link, 'QR code of the link'))}
    <div>
      <p>
        <a id="link" href=${link} target="_blank" translate=${isShort ? 'no' : 'yes'}
          >${isShort ? link : 'Invitation link'}</a
        >
      </p>
      <p class="row">
        ${copyButton(
          'copy-link',
          'Copy link',
          () => link,
          () => selectText(document.querySelector('#link')),
        )}
        ${'share' in navigator ? html`<button type="button" id="share" @click=${share}>Share</button>` : nothing}
      </p>
      ${more}
    </div>
  </div>`
}
