import type { IceChecks } from './ice-checks.ts'
import {
  invalidUrl,
  parsedUrl,
  requireCredentials,
  requireShortUsername,
  TURN,
  urlsOf,
} from './ice-checks.ts'

/** The ports that Firefox 153 blocks for ICE servers. */
const BLOCKED_PORTS: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
  110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526,
  530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659,
  4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
])

const QUERIES: Record<string, RegExp> = {
  'stun:': /^$/u,
  'stuns:': /^$/u,
  'turn:': /^(?:\?transport=(?:udp|tcp))?$/u,
  'turns:': /^(?:\?transport=(?:udp|tcp))?$/u,
}

function verifyUrl(url: string): void {
  const { protocol = '', pathname = '', search = '', hash = '' } = parsedUrl(url) ?? {}
  // Host and port are checked like those of an http URL.
  const address = /[/\\@]/u.test(pathname) ? undefined : parsedUrl(`http://${pathname}`)
  if (address === undefined || hash !== '' || QUERIES[protocol]?.test(search) !== true) throw invalidUrl(url)
  if (protocol === 'stuns:') throw new DOMException('Firefox does not support stuns.', 'NotSupportedError')
  const { port } = address
  if (port !== '' && BLOCKED_PORTS.has(Number(port))) {
    throw new DOMException(`'${url}' uses a port that Firefox blocks.`, 'SyntaxError')
  }
}

/**
 * The checks of Firefox 153, which compares a new configuration with the present one before it checks any
 * URL.
 */
export const firefoxIceChecks: IceChecks = {
  parse: (servers) => servers.map((server) => ({ ...server, urls: urlsOf(server) })),
  verify: (servers) => {
    for (const server of servers) {
      for (const url of server.urls) {
        verifyUrl(url)
        if (!TURN.test(url)) continue
        requireCredentials(server)
        if (server.credential === '') {
          throw new DOMException('A TURN server needs a credential.', 'InvalidAccessError')
        }
        requireShortUsername(server.username)
      }
    }
  },
  maxCertificates: 1,
}
