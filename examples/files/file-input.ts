import type { TemplateResult } from 'lit'
import { html } from '../../src/site/html.ts'

/** A button that lets the user choose files. Calls `chosen` unless the user cancels. */
export function fileButton(label: string, chosen: (files: File[]) => void): TemplateResult {
  const changed = ({ currentTarget }: Event): void => {
    const input = currentTarget as HTMLInputElement
    const files = [...(input.files ?? [])]
    // The same file can be chosen again.
    input.value = ''
    if (files.length > 0) chosen(files)
  }
  return html`<label class="button main" for="file"
    >${label}<input type="file" id="file" class="said" multiple @change=${changed}
  /></label>`
}

/** Takes files that are dropped anywhere on the page. The body has the class `dropping` meanwhile. */
export function acceptDrops(dropped: (files: File[]) => void): void {
  const mark = (isOver: boolean): boolean => document.body.classList.toggle('dropping', isOver)
  const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') === true
  addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return
    // Otherwise the browser opens the file.
    event.preventDefault()
    mark(true)
  })
  addEventListener('dragleave', ({ relatedTarget }) => relatedTarget === null && mark(false))
  addEventListener('drop', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    mark(false)
    // A directory has no bytes, and can't be read.
    const items = [...(event.dataTransfer?.items ?? [])]
    const files = items.filter((item) => item.webkitGetAsEntry()?.isDirectory !== true)
    dropped(files.map((item) => item.getAsFile()).filter((file) => file !== null))
  })
}
