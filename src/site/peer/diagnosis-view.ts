import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { Client } from '../../client/index.ts'
import type { PeerReport } from '../../operator/wire.ts'

/** What is wrong, and what to do about it; nothing while all is well. */
export function diagnosisView(_report: PeerReport, _client: Client): TemplateResult | typeof nothing {
  return html`${nothing}`
}
