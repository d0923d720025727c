const CACHE = 'libp2p-websocket-network'

/**
 * `/network.json`: the server's, and while that does not answer the last one that it gave. A site that is down does not take the
 * relays with it.
 */
export async function networkFileAnswer(request: Request): Promise<Response> {
  const url = new URL(request.url)
  const key = new URL(url.pathname, url).href
  let response: Response
  try {
    response = await fetch(request)
  } catch (error) {
    const kept = await caches.match(key, { cacheName: CACHE })
    if (kept === undefined) throw error
    return kept
  }
  if (response.ok) await keep(key, response.clone())
  return response
}

async function keep(key: string, response: Response): Promise<void> {
  try {
    const cache = await caches.open(CACHE)
    await cache.put(key, response)
  } catch (error) {
    // Without room for it there is none when the server is down.
    console.debug('libp2p-websocket:', error)
  }
}
