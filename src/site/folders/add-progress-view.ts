import type { TemplateResult } from 'lit'
import type { AddProgress } from '../../folders/index.ts'
import { formatBytes, formatCount } from '../../platform/format.ts'
import { html } from '../html.ts'

/** A folder that is being added. */
export interface Adding {
  name: string
  /** Undefined until the folder has been read. */
  progress: AddProgress | undefined
  /** Cancels it. */
  stop: AbortController
}

/** Shows how far the addition of a folder is, and a button that cancels it. */
export function addProgressView({ name, progress, stop }: Adding): TemplateResult {
  const isCopying = progress !== undefined && progress.step !== 'list'
  return html`<p>Adding <bdi translate="no">${name}</bdi> …</p>
    <progress
      aria-label="Copied"
      max="1"
      .value=${isCopying ? progress.bytes / Math.max(1, progress.totalBytes) : 0}
    ></progress>
    <p class="quiet">${progress === undefined ? 'Reading the folder …' : describeProgress(progress)}</p>
    <button type="button" id="stop-adding" @click=${() => stop.abort()}>Cancel</button>`
}

function describeProgress({ step, files, bytes, totalFiles, totalBytes }: AddProgress): string {
  if (step === 'list') return `Found ${formatCount(files, 'file')}, ${formatBytes(bytes)}.`
  if (step === 'save') return 'Saving …'
  return `Copied ${files.toLocaleString('en')} of ${formatCount(totalFiles, 'file')}, ${formatBytes(bytes)} of ${formatBytes(totalBytes)}.`
}
