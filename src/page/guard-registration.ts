import { uncurried } from '../websocket/page/uncurried.ts'

/**
 * Keeps pages in folders that the user has added from removing the site's service worker, which serves the folders. Templates for
 * apps have a line that unregisters whatever `navigator.serviceWorker.ready` gives, and there that is ours. A registration that such a
 * page has made itself is its own.
 *
 * @param script the URL of this script, which lies in the site's root
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
