import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import type { Environment } from '../../src/site/environment.ts'
import { html } from '../../src/site/html.ts'
import type { LiveMap } from '../../src/site/map/live-map.ts'
import type { PageStatus } from './page-status.ts'

/**
 * Who can join what this page opens: `everyone`; only tabs of this browser, because no circuit relay is
 * configured (`browser`) or none answers (`cut-off`); all pages that share the peer of the server (`server`);
 * or not known yet (`unknown`).
 */
export type Reach = 'everyone' | 'browser' | 'cut-off' | 'server' | 'unknown'

/** @param isPublic whether other peers can dial this page's peer */
export function reachOf(
  isPublic: boolean,
  relay: LiveMap['relay'],
  { inBrowser }: Pick<Environment, 'inBrowser'>,
): Reach {
  if (isPublic) return 'everyone'
  if (!inBrowser) return 'server'
  switch (relay) {
    case 'none':
      return 'browser'
    case 'lost':
      return 'cut-off'
    case 'trying':
    case 'held':
    case 'unknown':
      return 'unknown'
    default:
      return relay satisfies never
  }
}

const WHAT_TO_DO = { href: '../#/peer', text: 'What to do', isElsewhere: true }

/** Says who can join a room, or something else, that has nobody else in it yet. */
export function openStatus(what: string, reach: Reach): PageStatus {
  switch (reach) {
    case 'everyone':
    case 'server':
      return { sign: 'good', text: `Your ${what} is open. Share its link to invite others.` }
    case 'unknown':
      return { sign: '', text: `Opening your ${what} to other browsers …` }
    case 'browser':
      return { sign: 'warn', text: `Your ${what} is open in this browser only.`, link: WHAT_TO_DO }
    case 'cut-off':
      return { sign: 'warn', text: `Your ${what} is open in this browser only for now.`, link: WHAT_TO_DO }
    default:
      return reach satisfies never
  }
}

/** Says what the user can do for others to join; `nothing` if they can already. */
export function reachHelpView(
  reach: Reach,
  { inBrowser }: Pick<Environment, 'inBrowser'>,
): TemplateResult | typeof nothing {
  if (!inBrowser && !isSecureContext) return plainHttpView()
  switch (reach) {
    case 'everyone':
    case 'unknown':
      return nothing
    case 'browser':
      return html`<details id="reach" class="notice">
        <summary><strong>Only tabs of this browser can join.</strong> What to do</summary>
        <p>
          No circuit relay is configured that would introduce other browsers. Name one in the
          <a href="../#/settings" target="_blank">settings</a>, or run one with
          <code translate="no">npx libp2p-websocket -start -relay</code>.
          <a href="../#/peer" target="_blank">Your peer</a> shows the details.
        </p>
      </details>`
    case 'cut-off':
      return html`<details id="reach" class="notice">
        <summary><strong>Nobody new can join from another browser.</strong> What to do</summary>
        <p>
          No circuit relay answers. Your peer keeps trying, and connections that are open go on.
          <a href="../#/peer" target="_blank">Your peer</a> shows the details, and what to do.
        </p>
      </details>`
    case 'server':
      return html`<p id="reach" class="notice info">
        Your peer runs on the server. Everyone who opens this site in the same way shares it, and can join.
      </p>`
    default:
      return reach satisfies never
  }
}

/** Browsers offer neither SharedWorkers, nor service workers, nor Web Cryptography to such pages. */
function plainHttpView(): TemplateResult {
  const port = location.port === '' ? '80' : location.port
  return html`<section id="reach" class="notice" aria-label="What works over plain http">
    <p>
      <strong>Your peer runs on the server</strong>, because this page was loaded over plain http. Everyone
      who opens this site in the same way shares that peer. You can chat with each other and with anyone you
      send the link to. What you write passes through the server, unencrypted on the way there.
    </p>
    <p>
      Drawing together, sending files, and opening this site offline need a peer of your own. Browsers run one
      only on pages that are loaded over https or from <code translate="no">localhost</code>. So serve this
      site over https, or enter
      <code translate="no">ssh -L ${port}:localhost:${port} ${location.hostname}</code> on this device and
      open <code translate="no">http://localhost:${port}</code>.
    </p>
  </section>`
}
