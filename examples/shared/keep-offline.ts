import { whyNoServiceWorker, trustedScript } from '../../src/site/service-worker.ts'

/*
 * Keeps the site for days without a network, as its start page does: a guest who follows an invitation may never see that page.
 */

async function keep(): Promise<void> {
  try {
    const script = new URL('../sw.js', document.baseURI)
    await navigator.serviceWorker.register(trustedScript(script), { updateViaCache: 'none' })
  } catch (error) {
    // The page works without it while there is a network.
    console.debug('the site is not kept:', error)
  }
}

if (whyNoServiceWorker() === undefined) {
  // The page's own files come first.
  if (document.readyState === 'complete') void keep()
  else addEventListener('load', () => void keep(), { once: true })
}
