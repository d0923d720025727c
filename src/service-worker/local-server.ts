/** Milliseconds that a server has to answer before the stored file is used. */
export const DEFAULT_LOCAL_TIMEOUT_MS = 3_000

/** Resolves to the server's answer; undefined if there is none in time. */
export async function askServer(
  request: Request,
  timeoutMs = DEFAULT_LOCAL_TIMEOUT_MS,
): Promise<Response | undefined> {
  // Not an AbortSignal, because a navigation request can't be copied with one.
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, timeoutMs))
  try {
    return await Promise.race([fetch(request), late])
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return undefined
  }
}

/**
 * Resolves to whether the server has no service worker at this URL any more; false if the server doesn't
 * answer.
 */
export async function isAbandoned(script: URL, timeoutMs = DEFAULT_LOCAL_TIMEOUT_MS): Promise<boolean> {
  try {
    const response = await fetch(script, { cache: 'no-cache', signal: AbortSignal.timeout(timeoutMs) })
    await response.body?.cancel()
    const type = response.headers.get('content-type') ?? ''
    // A server that requires a login answers with a page instead of the script.
    return (
      response.status < 500 && !(response.ok && /^(?:text|application)\/(?:x-)?javascript\b/iu.test(type))
    )
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return false
  }
}
