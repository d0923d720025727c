import { nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { RelayStatus, Severity } from '../../status/index.ts'
import { diagnose } from '../../status/index.ts'
import { html } from '../html.ts'
import { sentenceView } from '../sentence-view.ts'
import { findBlockedUrl, localNetworkView } from './local-network-view.ts'

/** The heading of a finding, so that its severity doesn't depend on colour alone. */
const HEADINGS: Readonly<Record<Severity, string>> = {
  error: 'Problem',
  warning: 'Could be better',
  info: 'Good to know',
}
const CLASSES: Readonly<Record<Severity, string>> = { error: 'bad', warning: '', info: 'info' }

/** The service worker answers this link from the server, never from its copy. */
const NETWORK_FILE_LINK = html`<p>
  <a id="servers-file" href="./network.json" target="_blank" rel="noopener">Open network.json</a>
</p>`

/** Shows what is wrong with a peer, worst first, and what to do about it. */
export function findingsView(status: RelayStatus): unknown {
  const blockedUrl = findBlockedUrl(status)
  return repeat(
    diagnose(status),
    ({ id }) => id,
    ({ id, severity, text, action }) =>
      html`<section class="notice finding ${CLASSES[severity]}">
        <h2>${HEADINGS[severity]}</h2>
        <p>${sentenceView(text)}</p>
        ${action === '' ? nothing : html`<p><strong>What to do:</strong> ${sentenceView(action)}</p>`}
        ${id === 'network-kept' ? NETWORK_FILE_LINK : nothing}
        ${id === 'local-network-prompt' && blockedUrl !== undefined ? localNetworkView(blockedUrl) : nothing}
      </section>`,
  )
}
