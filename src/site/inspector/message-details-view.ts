import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { formatCount } from '../../platform/format.ts'
import { toSentence } from '../feedback.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import { hexDump } from './hex-dump.ts'
import type { MessageDescription } from './message-description.ts'

/** Shows the fields and bytes of a message. */
export function messageDetailsView(message: MessageDescription): TemplateResult {
  const { record, bytes, fields, payloadStart, problem } = message
  const omitted = record.size - bytes.byteLength
  const payload = bytes.subarray(payloadStart)
  return html`<div class="message-details">
    <dl class="fields">
      ${
        problem === ''
          ? nothing
          : html`<dt>Problem</dt>
              <dd>${sentenceView(toSentence(problem))}</dd>`
      }
      ${fields.map(
        ([field, value]) =>
          html`<dt translate="no">${field}</dt>
            <dd><code translate="no">${value}</code></dd>`,
      )}
    </dl>
    ${
      payloadStart === 0
        ? nothing
        : html`<p class="heading">DATA as text</p>
            <pre translate="no" class="code dump" tabindex="0" aria-label="Data as text">
${new TextDecoder().decode(payload)}</pre>`
    }
    <p class="heading">${payloadStart === 0 ? 'Bytes' : 'All bytes'}</p>
    <pre translate="no" class="code dump" tabindex="0" aria-label="Bytes in hexadecimal">
${hexDump(bytes)}</pre>
    ${omitted > 0 && problem === '' ? html`<p class="quiet">${formatCount(omitted, 'more byte')} not recorded.</p>` : nothing}
  </div>`
}
