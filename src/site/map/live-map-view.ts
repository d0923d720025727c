import type { TemplateResult } from 'lit'
import { nothing, svg } from 'lit'
import { html } from '../html.ts'
import { shortId } from '../peer/path.ts'
import type { LiveMap } from './live-map.ts'

/** Words beside the line between the two browsers, so that its state doesn't depend on colour. */
const WORDS: Readonly<Record<LiveMap['link'], string>> = {
  none: '',
  direct: 'direct',
  relayed: 'relayed',
  interrupted: 'reconnecting',
  local: 'inside your peer',
}

/**
 * Draws your peer, the circuit relay and the other browser, with the path between them. Its height is fixed,
 * so changes move nothing on the page.
 *
 * @param describedBy the ID of the element that says the same in words
 */
export function liveMapView(map: LiveMap, describedBy: string): TemplateResult {
  const { self, relay, relayId, link, other } = map
  const hasRelay = relay === 'held' || link === 'relayed'
  return html`<svg
    class="live-map ${link}"
    translate="no"
    role="img"
    aria-label="Live map of your peer and its connections"
    aria-describedby=${describedBy}
    width="100%"
    height="172"
  >
    ${edge('18%', 112, '50%', 50, link === 'relayed' ? 'relayed' : hasRelay ? 'held' : '')}
    ${edge('50%', 50, '82%', 112, link === 'relayed' ? 'relayed' : '')}
    ${edge('18%', 112, '82%', 112, link === 'relayed' || link === 'none' ? '' : link)}
    ${node('50%', 50, hasRelay, 'Circuit relay', shortId(relayId))}
    ${node('18%', 112, self !== '', 'This browser', shortId(self))}
    ${node('82%', 112, link !== 'none', link === 'local' ? 'Another tab' : 'Other browser', shortId(other))}
    <text x="50%" y="104" text-anchor="middle" class="word">${WORDS[link]}</text>
  </svg>`
}

function edge(x1: string, y1: number, x2: string, y2: number, kind: string): unknown {
  return kind === '' ? nothing : svg`<line x1=${x1} y1=${y1} x2=${x2} y2=${y2} class=${`edge ${kind}`} />`
}

/** Draws a peer with its name and ID: above it for the circuit relay, whose lines go down, else below. */
function node(x: string, y: number, isThere: boolean, name: string, id: string): TemplateResult {
  const [nameY, idY] = y < 100 ? [8, 24] : [y + 28, y + 46]
  return svg`
    <circle cx=${x} cy=${y} r="11" class=${isThere ? 'node' : 'node off'} />
    <text x=${x} y=${nameY + 4} text-anchor="middle" class="name">${name}</text>
    <text x=${x} y=${idY + 3} text-anchor="middle" class="id">${id}</text>
  `
}
