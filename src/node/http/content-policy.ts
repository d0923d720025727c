/*
 * The content security policies (CSP Level 3, with trusted types) of the site's pages and workers. The build
 * writes the pages' policy into a meta tag of each page, for hosts that send no headers. The Node build also
 * sends it as a header, with directives that a meta tag can't contain.
 */

const POLICIES = {
  /**
   * Allows scripts, styles and requests of the site itself, and no HTML from strings. A page opens a
   * WebSocket to make the browser ask for permission to use the local network. CSP can't describe private
   * addresses (it has no address ranges, and the only IP address that it matches is 127.0.0.1), so all
   * WebSocket URLs are allowed. An injected script would gain nothing by that, because the peer dials for
   * every page of the site anyway.
   */
  page: {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self' data:",
    'connect-src': "'self' ws: wss:",
    'worker-src': "'self'",
    'manifest-src': "'self'",
    'form-action': "'none'",
    'base-uri': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': 'lit-html libp2p-websocket libp2p-websocket-site',
  },
  /** For the peer, which dials any address but loads only code of the site. */
  worker: { 'default-src': "'none'", 'script-src': "'self'", 'connect-src': "'self' http: https: ws: wss:" },
  /** For the worker that lends WebRTC, and for the service worker. */
  helper: { 'default-src': "'none'", 'connect-src': "'self'" },
} as const

/** The policy of every page of the site, for its meta tag. */
export const PAGE_POLICY = textOf(POLICIES.page)

/** Policies of worker scripts. The policy of the page that starts a worker doesn't apply to it. */
const WORKERS: ReadonlyMap<string, string> = new Map([
  ['relay-worker.js', textOf(POLICIES.worker)],
  ['rtc-pump.js', textOf(POLICIES.helper)],
  ['sw.js', textOf(POLICIES.helper)],
])

/** Names of the worker scripts that have a policy. */
export const WORKER_SCRIPTS: readonly string[] = [...WORKERS.keys()]

/** Returns the Content-Security-Policy header of a file of the site, or undefined if it needs none. */
export function contentPolicy(name: string): string | undefined {
  if (name.endsWith('.html')) return `${PAGE_POLICY}; frame-ancestors 'none'`
  return WORKERS.get(name)
}

function textOf(policy: Readonly<Record<string, string>>): string {
  return Object.entries(policy)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ')
}
