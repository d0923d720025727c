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
 * Where the parts are, in pixels from the top: of circles, names, IDs (if any) and the word beside the line.
 */
const LAYOUTS = {
  large: { height: 172, radius: 11, up: [50, 12, 27], down: [112, 144, 161], word: 104 },
  small: { height: 104, radius: 9, up: [34, 12], down: [64, 94], word: 82 },
} as const

type Layout = (typeof LAYOUTS)[keyof typeof LAYOUTS]

/**
 * Draws your peer, the circuit relay and the other browser, with the path between them. Its height is fixed,
 * so changes move nothing on the page.
 *
 * @param describedBy the ID of the element that says the same in words
 * @param own what the map shows as yours, such as `This browser`
 * @param size `small` shows no IDs
 */
export function liveMapView(
  map: LiveMap,
  describedBy: string,
  own = 'This browser',
  size: keyof typeof LAYOUTS = 'large',
): TemplateResult {
  const { self, relay, relayId, link, other, others } = map
  const hasRelay = relay === 'held' || link === 'relayed'
  const layout = LAYOUTS[size]
  const [up, down] = [layout.up[0], layout.down[0]]
  const them = link === 'local' ? 'Another tab' : others > 1 ? `${others} browsers` : 'Other browser'
  return html`<svg
    class="live-map ${link}"
    translate="no"
    role="img"
    aria-label="Live map of your peer and its connections"
    aria-describedby=${describedBy}
    width="100%"
    height=${layout.height}
  >
    ${edge('18%', down, '50%', up, link === 'relayed' ? 'relayed' : hasRelay ? 'held' : '')}
    ${edge('50%', up, '82%', down, link === 'relayed' ? 'relayed' : '')}
    ${edge('18%', down, '82%', down, link === 'relayed' || link === 'none' ? '' : link)}
    ${node('50%', layout, 'up', hasRelay, 'Circuit relay', shortId(relayId))}
    ${node('18%', layout, 'down', self !== '', own, shortId(self))}
    ${node('82%', layout, 'down', link !== 'none', them, shortId(other))}
    <text x="50%" y=${layout.word} text-anchor="middle" class="word">${WORDS[link]}</text>
  </svg>`
}

function edge(x1: string, y1: number, x2: string, y2: number, kind: string): unknown {
  return kind === '' ? nothing : svg`<line x1=${x1} y1=${y1} x2=${x2} y2=${y2} class=${`edge ${kind}`} />`
}

/** Draws a peer with its name and ID: above it for the circuit relay, whose lines go down, else below. */
function node(
  x: string,
  layout: Layout,
  row: 'up' | 'down',
  isThere: boolean,
  name: string,
  id: string,
): TemplateResult {
  const [y, nameY, idY] = layout[row]
  return svg`
    <circle cx=${x} cy=${y} r=${layout.radius} class=${isThere ? 'node' : 'node off'} />
    <text x=${x} y=${nameY} text-anchor="middle" class="name">${name}</text>
    ${idY === undefined ? nothing : svg`<text x=${x} y=${idY} text-anchor="middle" class="id">${id}</text>`}
  `
}
