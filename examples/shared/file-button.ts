import type { TemplateResult } from 'lit'
import { html } from '../../src/site/html.ts'

/** An accessible button that lets the user choose a file. Calls `chosen` unless the user cancels. */
export function fileButton(label: string, chosen: (file: File) => void): TemplateResult {
  const changed = ({ currentTarget }: Event): void => {
    const file = (currentTarget as HTMLInputElement).files?.[0]
    if (file !== undefined) chosen(file)
  }
  return html`<label class="button main" for="file"
    >${label}<input type="file" id="file" class="said" @change=${changed}
  /></label>`
}
