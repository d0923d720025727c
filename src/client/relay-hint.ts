/** Hosts at which pages with our script have their own relay, whatever the port. */
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** What of a page decides which relay its WebSockets reach. */
export interface PageSurroundings {
  /** The page's URL; undefined outside of pages, as in Node and in workers. */
  href: string | undefined
  /** What `libp2p-websocket.js` has set as `globalThis.libp2pWebSocket`, which may be of any build. */
  report: unknown
  /** The `src` of the page's script tag for it; null if there is none. */
  tag: string | null
}

/** Reads the surroundings of the running script. */
export function pageSurroundings(): PageSurroundings {
  const { document: page, location: place } = globalThis as Partial<typeof globalThis>
  return {
    href: page === undefined ? undefined : place?.href,
    report: Reflect.get(globalThis, 'libp2pWebSocket'),
    tag: page?.querySelector('script[src*="libp2p-websocket.js"]')?.getAttribute('src') ?? null,
  }
}

/** Returns the likely reason why no relay answers at `url`, and what to do, as sentences. */
export function relayHint(url: string, { href, report, tag }: PageSurroundings): string {
  if (href === undefined || !isOwnRelay(url, href)) return 'Is libp2p-websocket running there?'
  if (typeof report !== 'object' || report === null) {
    return tag === null
      ? 'This page has no script tag for libp2p-websocket.js: put it first in the head.'
      : `The script ${tag} has not run: is the file there, served as JavaScript, and allowed by the page’s policy?`
  }
  const { relay, reason } = report as { relay?: unknown; reason?: unknown }
  if (relay === 'shared-worker' || typeof reason !== 'string' || reason === '') return 'Try again.'
  return relay === 'failed'
    ? `The script has found out why: ${reason}. All files that “npx libp2p-websocket copy” writes must be served beside libp2p-websocket.js.`
    : `There is no peer in this browser: ${reason}. So the WebSocket went to the server, which has no relay there.`
}

/** Whether the WebSocket is for the page's own relay, and the script that provides one has not run. */
export function lacksScript(url: string, { href, report }: PageSurroundings): boolean {
  return href !== undefined && report === undefined && isOwnRelay(url, href)
}

/** Whether our script would take this WebSocket for the page's relay. */
function isOwnRelay(url: string, page: string): boolean {
  if (!URL.canParse(url) || !URL.canParse(page)) return false
  const { host, hostname, pathname } = new URL(url)
  return pathname.endsWith('/libp2p') && (host === new URL(page).host || LOOPBACK_HOSTS.has(hostname))
}
