import { render } from 'lit'

/** Returns the element of a class that matches a selector; throws if there is none. */
export function element<T extends Element>(selector: string, type: new () => T): T {
  const found = document.querySelector(selector)
  if (!(found instanceof type)) throw new Error(`the page has no ${selector}`)
  return found
}

/** Renders content into an element that is empty or was rendered before. */
export function show(selector: string, content: unknown): void {
  render(content, element(selector, HTMLElement))
}
