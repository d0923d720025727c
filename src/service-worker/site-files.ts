import type { PrecacheEntry } from 'workbox-precaching'
import { PrecacheController } from 'workbox-precaching'

/** The files of the site that this build's service worker keeps, all of one build. */
export class SiteFiles {
  readonly #precache = new PrecacheController()

  /**
   * Keeps them when the service worker is installed. Each entry carries the hash of its file's content, so an install in the middle
   * of a deployment fails rather than keep two builds.
   */
  constructor(entries: PrecacheEntry[]) {
    this.#precache.precache(entries)
  }

  /** Whether this is the URL of a file that is kept. */
  has(url: URL): boolean {
    return this.#precache.getCacheKeyForURL(fileUrl(url)) !== undefined
  }

  /** The kept file, or what the server has if the browser has lost it. */
  async get(request: Request): Promise<Response> {
    return (await this.#precache.matchPrecache(fileUrl(new URL(request.url)))) ?? (await fetch(request))
  }

  /** Fetches the files that the browser has lost. Resolves to the number of those that could not be had as they were built. */
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

/** A file has no query, and a directory is its `index.html`. */
function fileUrl(url: URL): string {
  const file = new URL(url.pathname, url)
  return file.pathname.endsWith('/') ? new URL('index.html', file).href : file.href
}
