import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import type { Progress } from '../shared/progress.ts'

/** A file that has come. */
export interface Checked {
  hash: string
  saidHash: string
  /** Of the file in the browser's storage; empty if it is where the user wanted it. */
  url: string
}

/** Whether what came is what was sent. */
export function checkedView({ hash, saidHash, url }: Checked, name: string): TemplateResult {
  const isSame = hash === saidHash
  return html`${hashView(hash, '')}
    <p id="checked" role="status" class="state ${isSame ? 'good' : 'bad'}">
      ${isSame ? 'It is whole: its SHA-256 is the same at both ends.' : `It is damaged: the sender’s SHA-256 is ${saidHash}.`}
    </p>
    ${url === '' ? nothing : html`<a class="button main" id="keep" href=${url} download=${name}>Save it among the downloads</a>`}`
}

export const hashView = (hash: string, missing: string): TemplateResult =>
  html`<p>SHA-256: <code id="hash">${hash === '' ? missing : hash}</code></p>`

export const progressView = (progress: Progress, label: string): TemplateResult =>
  html`<p class="transfer">
    <progress
      aria-label=${label}
      max=${Math.max(1, progress.total)}
      .value=${progress.total === 0 ? 1 : progress.done}
    ></progress>
    <span>${label}: ${progress.words}</span>
  </p>`
