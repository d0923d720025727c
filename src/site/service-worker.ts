/** As a content security policy with `trusted-types` has to name it. */
const POLICY = 'libp2p-websocket-site'

/** What this file needs of the Trusted Types API, of which TypeScript's DOM library has no types. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string }
}

/**
 * Why this page can have no service worker, in words; undefined if it can. Firefox reports an attempt to register one as an error
 * where storage is forbidden, whatever the page makes of it.
 */
export function serviceWorkerLack(): string | undefined {
  if (!('serviceWorker' in navigator)) return 'this browser, or this window of it, has no service workers'
  try {
    return 'length' in localStorage ? undefined : 'the browser lets this page store nothing'
  } catch {
    return 'the browser lets this page store nothing'
  }
}

/** The URL of a script, as a page that demands trusted types has to give it. To be called once in a page. */
export function trustedScript({ href }: URL): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  return trustedTypes?.createPolicy(POLICY, { createScriptURL: () => href }).createScriptURL(href) ?? href
}
