/** The scripts that run in a page with our script. */
export interface OwnUrls {
  /** The script itself. */
  script: URL
  /** The workers that it starts, from the same origin. */
  workers: readonly URL[]
}

/**
 * Returns whether a Content-Security-Policy header or meta tag allows our script and its workers in a page of
 * our own origin, by Content Security Policy Level 3 for scripts without nonce and hash.
 *
 * The browser enforces the policy anyway. This check avoids a page that is half changed, with our WebSocket
 * class but without the worker behind it.
 */
export function policyAllows(header: string, { script, workers }: OwnUrls): boolean {
  return header.split(',').every((policy) => {
    const directives = directivesOf(policy)
    // A page with an opaque origin can't have a peer.
    const sandbox = directives.get('sandbox')
    if (
      sandbox !== undefined &&
      !(sandbox.includes('allow-scripts') && sandbox.includes('allow-same-origin'))
    ) {
      return false
    }
    if (directives.has('require-trusted-types-for')) {
      const names = directives.get('trusted-types')
      if (names !== undefined && !names.includes('*') && !names.includes('libp2p-websocket')) return false
    }
    const forScripts = directives.get('script-src') ?? directives.get('default-src')
    const forTags = directives.get('script-src-elem') ?? forScripts
    const forWorkers = directives.get('worker-src') ?? directives.get('child-src')
    if (!listAllows(forTags, script, true)) return false
    return workers.every((url) =>
      forWorkers === undefined ? listAllows(forScripts, url, false) : listAllows(forWorkers, url, false),
    )
  })
}

function directivesOf(policy: string): Map<string, string[]> {
  const directives = new Map<string, string[]>()
  for (const directive of policy.split(';')) {
    const [name, ...values] = directive.split(/[\t\n\f\r ]+/u).filter((part) => part !== '')
    // Only the first directive of a name counts.
    if (name !== undefined && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), values)
  }
  return directives
}

function listAllows(sources: readonly string[] | undefined, url: URL, fromParser: boolean): boolean {
  if (sources === undefined) return true
  if (sources.some((source) => source.toLowerCase() === "'strict-dynamic'")) return !fromParser
  return sources.some((source) => sourceAllows(source, url))
}

const HOST_SOURCE =
  /^(?:(?<scheme>[a-z][a-z0-9+.-]*):\/\/)?(?<host>\*|(?:\*\.)?[^/:*]+|\[[^\]]*\])(?::(?<port>\d+|\*))?(?<path>\/.*)?$/iu

/** Returns whether a source expression matches a URL of the page's own origin. */
function sourceAllows(source: string, url: URL): boolean {
  const text = source.toLowerCase()
  if (text === '*' || text === "'self'") return true
  if (text.startsWith("'")) return false
  if (/^[a-z][a-z0-9+.-]*:$/u.test(text)) return schemeAllows(text.slice(0, -1), url)
  const groups = HOST_SOURCE.exec(source)?.groups
  if (groups === undefined) return false
  const { scheme, host = '', port, path } = groups
  if (scheme !== undefined && !schemeAllows(scheme.toLowerCase(), url)) return false
  return hostAllows(host.toLowerCase(), url) && portAllows(port, scheme, url) && pathAllows(path, url)
}

function schemeAllows(scheme: string, url: URL): boolean {
  return url.protocol === `${scheme}:` || (scheme === 'http' && url.protocol === 'https:')
}

function hostAllows(host: string, url: URL): boolean {
  if (host === '*') return true
  return host.startsWith('*.') ? url.hostname.endsWith(host.slice(1)) : url.hostname === host
}

function portAllows(port: string | undefined, scheme: string | undefined, url: URL): boolean {
  if (port === '*') return true
  const actual = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  if (port !== undefined) return port === actual || (port === '80' && actual === '443')
  return url.port === '' || (scheme !== undefined && scheme.toLowerCase() === 'http' && actual === '443')
}

function pathAllows(path: string | undefined, url: URL): boolean {
  if (path === undefined || path === '/') return true
  return path.endsWith('/') ? url.pathname.startsWith(path) : url.pathname === path
}
