/** Milliseconds for a server on this machine to answer for a file that is kept here too, before the kept one is used. */
export const DEFAULT_LOCAL_TIMEOUT_MS = 3_000

/**
 * Whether programs on this machine take turns on the site's port: today the command, tomorrow with a folder of the user's own
 * laid over the site, the day after a program that has nothing to do with us. There the server is asked before anything is
 * answered for it.
 */
export function isLoopback({ hostname }: { hostname: string }): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    /^127(?:\.\d+){3}$|^\[::1\]$/u.test(hostname)
  )
}

/** What the server answers, or undefined if it does not in time. */
export async function askServer(
  request: Request,
  timeoutMs = DEFAULT_LOCAL_TIMEOUT_MS,
): Promise<Response | undefined> {
  // A signal would make another request of a navigation.
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, timeoutMs))
  try {
    return await Promise.race([fetch(request), late])
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return undefined
  }
}

/** Whether the server says that there is no service worker at this URL any more; false if it says nothing. */
export async function isAbandoned(script: URL, timeoutMs = DEFAULT_LOCAL_TIMEOUT_MS): Promise<boolean> {
  try {
    const response = await fetch(script, { cache: 'no-cache', signal: AbortSignal.timeout(timeoutMs) })
    await response.body?.cancel()
    const type = response.headers.get('content-type') ?? ''
    // A program that asks for a login first answers with a page.
    return (
      response.status < 500 && !(response.ok && /^(?:text|application)\/(?:x-)?javascript\b/iu.test(type))
    )
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return false
  }
}
