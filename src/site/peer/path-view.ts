import type { TemplateResult } from 'lit'
import { nothing, svg } from 'lit'
import { html } from '../html.ts'
import type { Path } from './path.ts'
import { describePath, shortId } from './path.ts'

/**
 * Draws a path: the user's peer on the left, the other one on the right, and a circuit relay between them if
 * there is one.
 */
export function pathView(path: Path, peer: string): TemplateResult {
  return html`<svg
    translate="no"
    class="path ${path.kind}"
    role="img"
    aria-label=${describePath(path)}
    width="100%"
    height="56"
  >
    ${path.kind === 'loopback' ? loopback() : line(path)} ${node('7%', 'Your peer', 'start', '0')}
    ${path.kind === 'relayed' ? node('50%', 'Circuit relay', 'middle', '50%') : nothing}
    ${path.kind === 'loopback' ? node('93%', 'Another tab', 'end', '100%') : node('93%', shortId(peer), 'end', '100%')}
  </svg>`
}

/** Describes a path in a sentence, and keeps translators from changing the circuit relay's ID in it. */
export function pathSentence(path: Path): TemplateResult {
  const text = describePath(path)
  const id = shortId(path.relay)
  if (id === '') return html`${text}`
  const [before, after] = text.split(id)
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
    <text x="50%" y="12" text-anchor="middle" class="over">inside your peer</text>
  `
}

function node(at: string, name: string, anchor: 'start' | 'middle' | 'end', textAt: string): TemplateResult {
  return svg`
    <circle cx=${at} cy="20" r="7" class="node" />
    <text x=${textAt} y="48" text-anchor=${anchor} class="name">${name}</text>
  `
}
