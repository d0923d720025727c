import { render } from 'lit'

/** An element of the page that is of this class; throws if there is none. */
export function element<T extends Element>(selector: string, type: new () => T): T {
  const found = document.querySelector(selector)
  if (!(found instanceof type)) throw new Error(`the page has no ${selector}`)
  return found
}

/** Draws into an element of the page, which is empty or was drawn into before. */
export function show(selector: string, content: unknown): void {
  render(content, element(selector, HTMLElement))
}
