import type { TemplateResult } from 'lit'
import { nothing, svg } from 'lit'
import type { Path } from './path.ts'
import { pathWords, shortId } from './path.ts'
import { html } from '../html.ts'

/** A path as a drawing: this peer on the left, the other on the right, and what stands between them. */
export function pathView(path: Path, peer: string): TemplateResult {
  return html`<svg
    translate="no"
    class="path ${path.kind}"
    role="img"
    aria-label=${pathWords(path)}
    width="100%"
    height="56"
  >
    ${path.kind === 'loopback' ? loopback() : line(path)} ${node('7%', 'You', 'start', '0')}
    ${path.kind === 'relayed' ? node('50%', `Relay ${shortId(path.relay)}`, 'middle', '50%') : nothing}
    ${path.kind === 'loopback' ? node('93%', 'Another tab', 'end', '100%') : node('93%', shortId(peer), 'end', '100%')}
  </svg>`
}

/** The path in one sentence, in which translators leave the relay's ID as it is. */
export function pathSentence(path: Path): TemplateResult {
  const words = pathWords(path)
  const id = shortId(path.relay)
  if (id === '') return html`${words}`
  const [before, after] = words.split(id)
  return html`${before}<span translate="no">${id}</span>${after}`
}

function line(path: Path): TemplateResult {
  return svg`
    <line x1="7%" y1="20" x2="93%" y2="20" class="edge ${path.kind}" />
    <text x=${path.kind === 'relayed' ? '28%' : '50%'} y="12" text-anchor="middle" class="over">${path.over}</text>
  `
}

function loopback(): TemplateResult {
  return svg`
    <line x1="7%" y1="16" x2="93%" y2="16" class="edge loopback" />
    <line x1="7%" y1="24" x2="93%" y2="24" class="edge loopback" />
    <text x="50%" y="12" text-anchor="middle" class="over">inside this peer</text>
  `
}

function node(at: string, name: string, anchor: 'start' | 'middle' | 'end', textAt: string): TemplateResult {
  return svg`
    <circle cx=${at} cy="20" r="7" class="node" />
    <text x=${textAt} y="48" text-anchor=${anchor} class="name">${name}</text>
  `
}
