import { trustedScript, whyNoServiceWorker } from '../../src/site/service-worker.ts'

/**
 * Registers the service worker after the page's own files have loaded, so that the site opens offline. The
 * start page does the same, but invited guests may never see it.
 */
export function keepOffline(): void {
  if (whyNoServiceWorker() !== undefined) return
  if (document.readyState === 'complete') void registerServiceWorker()
  else addEventListener('load', () => void registerServiceWorker(), { once: true })
}

async function registerServiceWorker(): Promise<void> {
  try {
    const script = new URL('../sw.js', document.baseURI)
    await navigator.serviceWorker.register(trustedScript(script), { updateViaCache: 'none' })
  } catch (error) {
    // Online, the page works without a service worker.
    console.debug('the site does not open offline:', error)
  }
}
