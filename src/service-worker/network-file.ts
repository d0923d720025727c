const CACHE = 'libp2p-websocket-network'

/**
 * `/network.json`: the server's, and while that does not answer the last one that it gave. A site that is down does not take the
 * relays with it.
 */
export async function networkFileAnswer(request: Request): Promise<Response> {
  const { href } = new URL(new URL(request.url).pathname, request.url)
  try {
    const response = await fetch(request)
    if (response.ok) {
      const cache = await caches.open(CACHE)
      await cache.put(href, response.clone())
    }
    return response
  } catch (error) {
    const kept = await caches.match(href, { cacheName: CACHE })
    if (kept === undefined) throw error
    return kept
  }
}
