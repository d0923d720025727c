const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])
const PATH = '/libp2p'

/**
 * Returns whether a WebSocket's URL is the relay's: the scheme is `ws:` or `wss:`, the host is the page's own
 * or this machine with any port (where pages of 2020 looked for the native relay), and the path is `/libp2p`,
 * at the root or beside our script.
 */
export function isRelayUrl(url: URL, script: URL): boolean {
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') return false
  if (url.pathname !== PATH && url.pathname !== new URL(`.${PATH}`, script).pathname) return false
  // The script has the page's origin. The page's URL may have none, in `srcdoc` and blob frames.
  return url.host === script.host || LOOPBACK_HOSTS.has(url.hostname)
}

/** Returns the URL of the relay beside our script. */
export function relayBeside(script: URL): string {
  // `https` becomes `wss`.
  return new URL(`.${PATH}`, script).href.replace('http', 'ws')
}
