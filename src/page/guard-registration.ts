import { uncurried } from '../websocket/page/uncurried.ts'

/**
 * Prevents pages in folders from unregistering the site's service worker, which serves the folders. Many app
 * templates unregister whatever `navigator.serviceWorker.ready` returns, which there is ours. Registrations
 * of the pages themselves aren't affected.
 *
 * @param script the URL of this script, which is in the site's root
 */
export function guardRegistration(script: URL): void {
  const isInFolder = location.href.startsWith(new URL('folders/', script).href)
  if (!isInFolder || !('ServiceWorkerRegistration' in globalThis)) return
  const site = new URL('./', script).href
  const { prototype } = ServiceWorkerRegistration
  const unregister = uncurried(prototype, 'unregister')
  prototype.unregister = async function (this: ServiceWorkerRegistration): Promise<boolean> {
    if (this.scope !== site) return await unregister(this)
    console.info('libp2p-websocket: the service worker stays, as it serves this folder')
    return false
  }
}
