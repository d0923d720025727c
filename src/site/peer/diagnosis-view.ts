import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Finding, RelayStatus, Severity } from '../../status/index.ts'
import { askedFor, localNetworkView } from './local-network-view.ts'
import { html } from '../html.ts'

/** How bad it is, in a word: colour alone says nothing. */
const WORDS: Readonly<Record<Severity, string>> = {
  error: 'Problem',
  warning: 'Could be better',
  info: 'Good to know',
}
const LOOKS: Readonly<Record<Severity, string>> = { error: 'bad', warning: '', info: 'info' }

/** The service worker lets it through to the server. */
const SERVERS_FILE = html`<p>
  <a id="servers-file" href="./network.json" target="_blank" rel="noopener">Open network.json</a>
</p>`

/** What is wrong, and what to do about it; nothing while all is well. */
export function diagnosisView(findings: readonly Finding[], status: RelayStatus): TemplateResult {
  const local = askedFor(status)
  return html`<div id="findings" role="status">
    ${
      findings.length === 0
        ? nothing
        : repeat(
            findings,
            ({ id }) => id,
            ({ id, severity, text, action }) =>
              html`<section class="notice finding ${LOOKS[severity]}">
                <h2>${WORDS[severity]}</h2>
                <p>${text}</p>
                ${action === '' ? nothing : html`<p><strong>What to do:</strong> ${action}</p>`}
                ${id === 'network-kept' ? SERVERS_FILE : nothing}
                ${id === 'local-network-prompt' && local !== undefined ? localNetworkView(local) : nothing}
              </section>`,
          )
    }
  </div>`
}
