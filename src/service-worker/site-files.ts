import type { PrecacheEntry } from 'workbox-precaching'
import { PrecacheController } from 'workbox-precaching'

/** The site's files as stored by this build's service worker, all from one build. */
export class SiteFiles {
  readonly #precache = new PrecacheController()

  /**
   * Stores the files when the service worker is installed. Each entry has the hash of its file's content, so
   * an installation in the middle of a deployment fails instead of mixing two builds.
   */
  constructor(entries: PrecacheEntry[]) {
    this.#precache.precache(entries)
  }

  /** Returns whether a URL is that of a stored file. */
  has(url: URL): boolean {
    return this.#precache.getCacheKeyForURL(fileUrl(url)) !== undefined
  }

  /** Resolves to the stored file, or the server's if the browser has lost it. */
  async get(request: Request): Promise<Response> {
    return (await this.#precache.matchPrecache(fileUrl(new URL(request.url)))) ?? (await fetch(request))
  }

  /**
   * Fetches the files that the browser has lost. Resolves to the number it could not fetch from the same
   * build.
   */
  async refill(): Promise<number> {
    const cache = await caches.open(this.#precache.strategy.cacheName)
    const keys = [...this.#precache.getURLsToCacheKeys()]
    const lost = await Promise.all(
      keys.map(async ([url, key]) => ((await cache.match(key)) === undefined ? [[url, key] as const] : [])),
    )
    const refilled = await Promise.all(lost.flat().map(([url, key]) => this.#refill(cache, url, key)))
    return refilled.filter((isKept) => !isKept).length
  }

  async #refill(cache: Cache, url: string, key: string): Promise<boolean> {
    const integrity = this.#precache.getIntegrityForCacheKey(key)
    if (integrity === undefined) return false
    try {
      const response = await fetch(url, { integrity, cache: 'reload', credentials: 'same-origin' })
      if (!response.ok) return false
      await cache.put(key, response)
      return true
    } catch (error) {
      console.debug('libp2p-websocket:', error)
      return false
    }
  }
}

/** Returns the file that a URL means: without a query, and with `index.html` for a directory. */
function fileUrl(url: URL): string {
  const file = new URL(url.pathname, url)
  return file.pathname.endsWith('/') ? new URL('index.html', file).href : file.href
}
