import type { TemplateResult } from 'lit'
import { html } from './html.ts'

/** How long a copy button says that it has copied, in milliseconds. */
export const COPIED_MS = 2_000

/**
 * A button that copies what `text` gives when it is pressed, and says so on itself.
 *
 * Where the clipboard is closed to the page (no secure context, no permission) it says which keys copy instead, after
 * `select` has selected the text.
 */
export function copyButton(
  id: string,
  label: string,
  text: () => string,
  select: () => void,
): TemplateResult {
  const copy = async (event: Event): Promise<void> => {
    const button = event.currentTarget as HTMLButtonElement
    button.textContent = await copied(text(), select)
    setTimeout(() => {
      button.textContent = label
    }, COPIED_MS)
  }
  return html`<button
    type="button"
    id=${id}
    aria-live="polite"
    @click=${copy}
    .textContent=${label}
  ></button>`
}

async function copied(text: string, select: () => void): Promise<string> {
  try {
    await navigator.clipboard.writeText(text)
    return 'Copied'
  } catch {
    select()
    return 'Press Ctrl+C'
  }
}

/** Selects what an element shows, or the text in a field. */
export function selectText(element: Element | null): void {
  if (element instanceof HTMLTextAreaElement) {
    element.focus()
    element.select()
  } else if (element !== null) {
    getSelection()?.selectAllChildren(element)
  }
}
