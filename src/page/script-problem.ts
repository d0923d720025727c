const { fetch } = globalThis
const JAVASCRIPT = /^(?:text|application)\/(?:x-)?(?:java|ecma)script\b/iu

/**
 * Fetches a script that the browser failed to load. Resolves to what is wrong with the answer; undefined if
 * nothing is, or if the page's policy allows the worker but not the fetch.
 */
export async function scriptProblem(script: string): Promise<string | undefined> {
  try {
    const response = await fetch(script, { cache: 'no-cache' })
    await response.body?.cancel()
    const { ok, status, redirected, url } = response
    if (!ok) return `the server answers with status ${status}`
    const type = response.headers.get('content-type') ?? 'no type'
    if (JAVASCRIPT.test(type)) return undefined
    const from = redirected ? ` from ${url}` : ''
    return `the server answers with ${type}${from} instead of JavaScript: is the file missing?`
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return undefined
  }
}
