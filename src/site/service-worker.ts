/** The name to allow in a `trusted-types` content security policy. */
const POLICY = 'libp2p-websocket-site'

/** The part of the Trusted Types API used here; TypeScript's DOM library has no types for it. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string }
}

/**
 * Returns why this page can't have a service worker, or undefined if it can. Check it before registering one:
 * where storage is blocked, Firefox logs an error for the attempt even if the page handles it.
 */
export function whyNoServiceWorker(): string | undefined {
  if (!('serviceWorker' in navigator))
    return 'this browser, or this private window, does not support service workers'
  try {
    return 'length' in localStorage ? undefined : 'the browser blocks storage for this page'
  } catch {
    return 'the browser blocks storage for this page'
  }
}

/**
 * Returns a script's URL in the form that a page with `require-trusted-types-for` needs. Call it once per
 * page.
 */
export function trustedScript({ href }: URL): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  return trustedTypes?.createPolicy(POLICY, { createScriptURL: () => href }).createScriptURL(href) ?? href
}
