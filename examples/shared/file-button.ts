import type { TemplateResult } from 'lit'
import { html } from '../../src/site/html.ts'

/** A button by which the user chooses a file, for all who see it, hear it or press its keys. Choosing none calls nothing. */
export function fileButton(label: string, chosen: (file: File) => void): TemplateResult {
  const changed = ({ currentTarget }: Event): void => {
    const file = (currentTarget as HTMLInputElement).files?.[0]
    if (file !== undefined) chosen(file)
  }
  return html`<label class="button main" for="file"
    >${label}<input type="file" id="file" class="said" @change=${changed}
  /></label>`
}
