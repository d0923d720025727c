import { render } from 'lit'
import { html } from './html.ts'

/**
 * Ends a page that is shown inside one of another site, which could lay something over it and have it clicked unseen: shows a link to
 * it in a tab of its own, and throws. Hosts that send `frame-ancestors` prevent that before; others cannot, and a meta tag may not.
 *
 * To be called before the page does anything.
 */
export function refuseFrame(root: HTMLElement): void {
  if (!isFramedByOthers()) return
  render(
    html`<p id="framed" role="alert">
      This page is shown inside another site’s.
      <a href=${location.href} target="_blank" rel="noopener">Open it in a tab of its own.</a>
    </p>`,
    root,
  )
  throw new Error('this page is shown inside another site’s')
}

function isFramedByOthers(): boolean {
  try {
    return globalThis.top !== globalThis.self && globalThis.top?.location.origin !== location.origin
  } catch {
    // The other page's location is not to be read from here: it is of another origin.
    return true
  }
}
