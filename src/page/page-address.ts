const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])
const PATH = '/libp2p'

/**
 * Whether a WebSocket's URL is the relay's: `ws:` or `wss:`, the page's own host or this machine on any port (where pages of
 * 2020 looked for the native relay), and a path on which a server would have the relay: `/libp2p`, or beside our script where
 * the site lies in a directory of its host.
 */
export function isRelayUrl(url: URL, script: URL): boolean {
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') return false
  if (url.pathname !== PATH && url.pathname !== new URL(`.${PATH}`, script).pathname) return false
  // The script is of the page's own origin. The page's address may name none: in frames made of `srcdoc` or a blob.
  return url.host === script.host || LOOPBACK_HOSTS.has(url.hostname)
}

/** The URL of the relay of the site whose script this is. */
export function relayBeside(script: URL): string {
  // `https` becomes `wss`.
  return new URL(`.${PATH}`, script).href.replace('http', 'ws')
}
