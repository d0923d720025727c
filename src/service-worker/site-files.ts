import { getCacheKeyForURL, matchPrecache } from 'workbox-precaching'

/** The files of the site that this build's service worker keeps, all of one build. */
export interface SiteFiles {
  /** Whether this is the URL of a file that is kept. */
  has(url: URL): boolean
  /** The kept file, or what the server has if the browser has lost it. */
  get(request: Request): Promise<Response>
}

export const siteFiles: SiteFiles = {
  has: (url) => getCacheKeyForURL(fileUrl(url)) !== undefined,
  async get(request) {
    return (await matchPrecache(fileUrl(new URL(request.url)))) ?? (await fetch(request))
  },
}

/** A file has no query, and a directory is its `index.html`. */
function fileUrl(url: URL): string {
  const file = new URL(url.pathname, url)
  return file.pathname.endsWith('/') ? new URL('index.html', file).href : file.href
}
