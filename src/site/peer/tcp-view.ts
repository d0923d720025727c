import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { TcpServiceStatus } from '../../status/index.ts'
import { formatBytes, formatCount } from '../../platform/format.ts'
import { html } from '../html.ts'

/** Shows the forwards and tunnels of a program. Shows nothing if there are none. */
export function tcpView(services: readonly TcpServiceStatus[] = []): TemplateResult | typeof nothing {
  if (services.length === 0) return nothing
  return html`<section class="card wide" aria-labelledby="tcp-title">
    <h2 id="tcp-title">Forwards and tunnels</h2>
    <ul id="tcp" class="list tiles">
      ${services.map(serviceView)}
    </ul>
  </section>`
}

function serviceView(service: TcpServiceStatus): TemplateResult {
  const { kind, protocol, endpoint, peer, open, accepted, failed, inBytes, outBytes, lastFailure } = service
  const path =
    kind === 'forward'
      ? html`<code translate="no">${protocol}</code> to <code translate="no">${endpoint}</code>`
      : html`<code translate="no">${endpoint}</code> to <code translate="no">${protocol}</code>`
  return html`<li class="tile">
    <p>${path}</p>
    ${peer === undefined ? nothing : html`<p><code translate="no">${peer}</code></p>`}
    <p class="quiet">
      ${kind === 'forward' ? 'From peers to a TCP service.' : 'From a local port to a peer.'}
      ${formatCount(open, 'open connection')}, ${accepted} in all. ${formatBytes(inBytes)} received,
      ${formatBytes(outBytes)} sent.
      ${failed === 0 ? '' : `${failed} failed, the last one because: ${lastFailure}.`}
    </p>
  </li>`
}
