import type { TemplateResult } from 'lit'
import { html } from './html.ts'

/** Milliseconds for which a copy button shows “Copied”. */
export const COPIED_MS = 2_000

/**
 * A button that copies the result of `text()` and then shows “Copied”.
 *
 * If the page may not use the clipboard (insecure context, no permission), it calls `select` to select the
 * text, and shows which keys to press.
 */
export function copyButton(
  id: string,
  label: string,
  text: () => string,
  select: () => void,
): TemplateResult {
  const press = async (event: Event): Promise<void> => {
    const button = event.currentTarget as HTMLButtonElement
    button.textContent = await copy(text(), select)
    setTimeout(() => {
      button.textContent = label
    }, COPIED_MS)
  }
  return html`<button
    type="button"
    id=${id}
    aria-live="polite"
    @click=${press}
    .textContent=${label}
  ></button>`
}

async function copy(text: string, select: () => void): Promise<string> {
  try {
    await navigator.clipboard.writeText(text)
    return 'Copied'
  } catch {
    select()
    return 'Press Ctrl+C'
  }
}

/** Selects the content of an element, or the text of a field. */
export function selectText(element: Element | null): void {
  if (element instanceof HTMLTextAreaElement) {
    element.focus()
    element.select()
  } else if (element !== null) {
    getSelection()?.selectAllChildren(element)
  }
}
