import type { TemplateResult } from 'lit'
import { nothing } from 'lit'
import { html } from '../../src/site/html.ts'

/** A sentence about the state of the example. `warn` is for what works only in part. */
export interface PageStatus {
  sign: '' | 'good' | 'warn' | 'bad'
  text: string
  /** What the user can do about it. `isElsewhere`: in another tab, so that this page goes on. */
  link?: { href: string; text: string; isElsewhere?: boolean }
}

/** Shows the state of the example. */
export function statusView({ sign, text, link }: PageStatus): TemplateResult {
  const help =
    link === undefined
      ? nothing
      : html` <a href=${link.href} target=${link.isElsewhere === true ? '_blank' : nothing}>${link.text}</a>`
  return html`<p id="status" role="status" class="state ${sign}">${text}${help}</p>`
}
