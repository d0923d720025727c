import { render } from 'lit'
import { html } from './html.ts'

/**
 * Refuses to run inside a frame of another site, which could cover the page and trick the user into clicking
 * it. Replaces the content of `root` by a link that opens the page in a tab of its own, and throws. Call it
 * before the page does anything else.
 *
 * Needed on hosts that can't send the `frame-ancestors` policy, which browsers ignore in a `<meta>` tag.
 */
export function refuseFrame(root: HTMLElement): void {
  if (!isFramedByOthers()) return
  root.textContent = ''
  render(
    html`<p id="framed" role="alert">
      For your safety, this page doesn’t run inside another site.
      <a href=${location.href} target="_blank" rel="noopener">Open it in its own tab.</a>
    </p>`,
    root,
  )
  throw new Error('this page does not run inside a frame of another site')
}

function isFramedByOthers(): boolean {
  try {
    return globalThis.top !== globalThis.self && globalThis.top?.location.origin !== location.origin
  } catch {
    // Reading the location of a page of another origin throws.
    return true
  }
}
