/*
 * What the site's own pages and workers may do: Content Security Policy Level 3, and trusted types. The build puts the pages' policy
 * into a meta tag of each, for hosts that send no such header; this program sends it too, and what a meta tag cannot say.
 */

const POLICIES = {
  /**
   * Scripts, styles and requests of the site itself, and nothing written into a page as HTML. A WebSocket is what a page asks the
   * browser's permission for the local network with, and a policy cannot name what is private: CSP has no ranges of addresses, and
   * matches none but 127.0.0.1. So it names the schemes. Whoever could run a script here would gain nothing by them: the peer dials
   * for every page of the site.
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
  /** The peer: it goes to whatever address it is told of, and loads no code but the site's own. */
  worker: { 'default-src': "'none'", 'script-src': "'self'", 'connect-src': "'self' http: https: ws: wss:" },
  /** What lends WebRTC, and keeps the site for offline. */
  helper: { 'default-src': "'none'", 'connect-src': "'self'" },
} as const

/** The policy of every page of the site, for a meta tag in it. */
export const PAGE_POLICY = textOf(POLICIES.page)

/** Scripts that are workers, with a policy of their own: that of the page that starts them does not hold for them. */
const WORKERS: ReadonlyMap<string, string> = new Map([
  ['relay-worker.js', textOf(POLICIES.worker)],
  ['rtc-pump.js', textOf(POLICIES.helper)],
  ['sw.js', textOf(POLICIES.helper)],
])

/** The scripts that have one. */
export const WORKER_SCRIPTS: readonly string[] = [...WORKERS.keys()]

/** The Content-Security-Policy of a file of the site, by its name; undefined for what needs none. */
export function contentPolicy(name: string): string | undefined {
  if (name.endsWith('.html')) return `${PAGE_POLICY}; frame-ancestors 'none'`
  return WORKERS.get(name)
}

function textOf(policy: Readonly<Record<string, string>>): string {
  return Object.entries(policy)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ')
}
