import type { IceChecks } from './ice-checks.ts'
import {
  invalidUrl,
  parsedUrl,
  requireCredentials,
  requireShortUsername,
  TURN,
  urlsOf,
} from './ice-checks.ts'

const PROTOCOLS: ReadonlySet<string> = new Set(['stun:', 'stuns:', 'turn:', 'turns:'])

/**
 * A host, with an optional port. An address in brackets isn't looked at; a name has the characters of a
 * `reg-name` (RFC 3986).
 */
const HOST = /^\w+:(?:\[.+\](?:[^:\]]*|:(?<ip6Port>\d+))|[\w.~%!$&'()*+,;=-]+(?::(?<port>\d+))?)$/u

function parseUrl(url: string): string {
  const parsed = parsedUrl(url)
  if (parsed === undefined || !PROTOCOLS.has(parsed.protocol)) throw invalidUrl(url)
  const { href, search } = parsed
  if (search !== '' && !(TURN.test(href) && search.startsWith('?transport='))) throw invalidUrl(url)
  return href
}

function verifyUrl(url: string): void {
  const [address = '', query, ...more] = url.split('?')
  // Chromium ignores the query if there is a second `?`.
  if (query !== undefined && more.length === 0 && !/^transport=(?:udp|tcp)$/iu.test(query)) {
    throw invalidUrl(url)
  }
  const { groups } = HOST.exec(address) ?? {}
  const port = Number(groups?.['ip6Port'] ?? groups?.['port'] ?? 1)
  if (groups === undefined || port < 1 || port > 65_535) throw invalidUrl(url)
}

/** The checks of Chromium 156: the page's part first, then those of its WebRTC library. */
export const chromiumIceChecks: IceChecks = {
  parse: (servers) =>
    servers.map((server) => {
      const urls = urlsOf(server).map(parseUrl)
      if (urls.some((url) => TURN.test(url))) requireCredentials(server)
      return { ...server, urls }
    }),
  verify: (servers) => {
    for (const { urls, username, credential } of servers) {
      for (const url of urls) {
        verifyUrl(url)
        if (!TURN.test(url)) continue
        if (username === '' || credential === '') {
          throw new DOMException('A TURN server needs a username and a credential.', 'InvalidAccessError')
        }
        requireShortUsername(username)
      }
    }
  },
  maxCertificates: Infinity,
}
