const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])
const PATH = '/libp2p'

/**
 * Whether a WebSocket's URL is the relay's: `ws:` or `wss:`, a path that ends in `/libp2p`, and the page's own host, or
 * this machine in any port, where pages of 2020 looked for the native relay.
 */
export function isRelayUrl(url: URL, pageHost: string): boolean {
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') return false
  if (!url.pathname.endsWith(PATH)) return false
  return url.host === pageHost || LOOPBACK_HOSTS.has(url.hostname)
}
