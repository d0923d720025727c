/** A host as a Host header or a URL names it: lower case, IPv6 in brackets and in its shortest form. */
export interface HostName {
  name: string
  port?: number
}

/** Who is let in. Made once, by {@link makeAccessRules}. */
export interface AccessRules {
  /** The port that the server listens on: its own names count with this port only. */
  port: number
  /** The server's own names: localhost, 127.0.0.1, [::1], and the address it listens on. */
  ownNames: ReadonlySet<string>
  /** Names that `-host` adds; without a port they count in any (a proxy may stand in front). */
  hosts: readonly HostName[]
  /** Serialised origins that `-origin` adds. */
  origins: ReadonlySet<string>
}

/** What is judged: the headers as they were sent, each with all its occurrences. */
export interface AccessRequest {
  host: readonly string[]
  origin: readonly string[]
  /** Sec-Fetch-Site, which every present browser sends and no page can change. */
  fetchSite?: string
  remoteAddress: string
  /** A proxy says that it passes the request on (Forwarded, Via, X-Forwarded-For and others). */
  forwarded: boolean
}

/**
 * Whether a request is let in.
 *
 * - `self`: a page of this server. - `added`: a page of an origin that `-origin` names. - `program`: no Origin was sent, so
 *   it is a program, or a browser that navigates or loads a part of a page.
 * - `mayHaveKey`: the private key may be told.
 */
export type Verdict =
  | { kind: 'allowed'; as: 'self' | 'added' | 'program'; mayHaveKey: boolean }
  | { kind: 'refused'; status: 400 | 403; why: string }

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'] as const
/** Addresses that mean every interface. They are no name of a host: nobody is reached under them. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '[::]'])
const DEFAULT_PORTS: Record<string, number> = { 'http:': 80, 'https:': 443 }

const HOST = /^(?<name>\[[\da-f:.]+\]|[a-z\d._-]+)(?::(?<port>\d{1,5}))?$/u

/** Reads `name`, `name:port`, `[v6]` or `[v6]:port`, in any case; undefined if it is none of these. */
export function parseHost(text: string): HostName | undefined {
  const groups = HOST.exec(text.toLowerCase())?.groups
  const name = groups?.['name']
  if (name === undefined) return undefined
  const canonical = name.startsWith('[') ? shortestIpv6(name) : name
  if (canonical === undefined) return undefined
  const port = groups?.['port']
  if (port === undefined) return { name: canonical }
  return Number(port) <= 65_535 ? { name: canonical, port: Number(port) } : undefined
}

function shortestIpv6(bracketed: string): string | undefined {
  const url = `http://${bracketed}`
  return URL.canParse(url) ? new URL(url).hostname : undefined
}

/**
 * The serialised http or https origin that `text` is, in any case; undefined for anything else: `null`, `*`, an origin
 * with a path, with a user or of another scheme.
 */
export function parseOrigin(text: string): string | undefined {
  if (!/^https?:\/\/[^/?#@\\\s]+$/iu.test(text) || !URL.canParse(text)) return undefined
  return new URL(text).origin
}

/**
 * @param init.addr the address the server listens on, as `-addr` gives it
 * @param init.hosts as {@link parseHost} reads them
 * @param init.origins as {@link parseOrigin} reads them
 * @throws TypeError a host or an origin that cannot be read
 */
export function makeAccessRules(init: {
  addr: string
  port: number
  hosts?: readonly string[]
  origins?: readonly string[]
}): AccessRules {
  const hosts = (init.hosts ?? []).map((text) => {
    const host = parseHost(text)
    if (host === undefined) throw new TypeError(`not a host: ${JSON.stringify(text)}`)
    return host
  })
  const origins = (init.origins ?? []).map((text) => {
    const origin = parseOrigin(text)
    if (origin === undefined) throw new TypeError(`not an origin: ${JSON.stringify(text)}`)
    return origin
  })
  const own = parseHost(init.addr.includes(':') && !init.addr.startsWith('[') ? `[${init.addr}]` : init.addr)
  const ownNames = new Set<string>(LOOPBACK_NAMES)
  if (own !== undefined && !WILDCARDS.has(own.name)) ownNames.add(own.name)
  return { port: init.port, ownNames, hosts, origins: new Set(origins) }
}

/** True for 127.0.0.0/8 and ::1, also where IPv4 is written in IPv6. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/iu.test(address)
}

/**
 * Judges one request, an upgrade or not, before anything else is done with it.
 *
 * The Host check stops DNS rebinding: a foreign name that was made to resolve to this machine is refused whatever its page
 * claims. The Origin check stops foreign pages, and sandboxed ones, whose origin is `null`.
 */
export function judge(request: AccessRequest, rules: AccessRules): Verdict {
  const [hostText, ...moreHosts] = request.host
  if (hostText === undefined || moreHosts.length > 0) {
    return { kind: 'refused', status: 400, why: 'a request names one Host' }
  }
  const host = parseHost(hostText)
  if (host === undefined) return { kind: 'refused', status: 400, why: 'this Host cannot be read' }
  if (!isServedHost(host, rules)) return { kind: 'refused', status: 403, why: whyNotServed(host, rules) }

  const [originText, ...moreOrigins] = request.origin
  if (moreOrigins.length > 0) return { kind: 'refused', status: 400, why: 'a request has one Origin' }
  if (originText === undefined) {
    return { kind: 'allowed', as: 'program', mayHaveKey: isOnThisMachine(request, host) }
  }
  const origin = parseOrigin(originText)
  if (origin !== undefined) {
    if (isSameOrigin(new URL(origin), host, rules)) {
      // An Origin proves nothing when a program sends it: the key stays on this machine.
      return { kind: 'allowed', as: 'self', mayHaveKey: isOnThisMachine(request, host) }
    }
    if (rules.origins.has(origin)) return { kind: 'allowed', as: 'added', mayHaveKey: false }
  }
  return { kind: 'refused', status: 403, why: 'pages of this origin are not let in: -origin adds origins' }
}

/**
 * Whether a request may read what only its owner should: not one that a foreign page made a browser send, with or without
 * an Origin. One that was let in by its origin is no foreign page's.
 */
export function isCrossSite(request: AccessRequest, verdict: Verdict): boolean {
  if (verdict.kind === 'refused') return true
  if (verdict.as !== 'program') return false
  return request.fetchSite !== undefined && !['same-origin', 'none'].includes(request.fetchSite.toLowerCase())
}

function isServedHost(host: HostName, rules: AccessRules): boolean {
  if (rules.ownNames.has(host.name) && (host.port ?? 80) === rules.port) return true
  return rules.hosts.some(
    ({ name, port }) => name === host.name && (port === undefined || port === host.port),
  )
}

function whyNotServed({ name, port = 80 }: HostName, rules: AccessRules): string {
  const ports = rules.hosts.filter((host) => host.name === name).map((host) => host.port)
  if (rules.ownNames.has(name)) ports.push(rules.port)
  if (ports.length === 0) return 'this server is not known by that name: -host adds names'
  return `this server is known as ${name} on port ${ports.join(', ')}, not on port ${port}: -host ${name}:${port} adds it`
}

/** The page's own name and port are this server's: one of its own names, or the very name that this request was sent to. */
function isSameOrigin(origin: URL, host: HostName, rules: AccessRules): boolean {
  const defaultPort = DEFAULT_PORTS[origin.protocol]
  const originPort = origin.port === '' ? defaultPort : Number(origin.port)
  if (origin.protocol === 'http:' && originPort === rules.port && rules.ownNames.has(origin.hostname))
    return true
  // Behind a proxy the scheme is the proxy's. A proxied name counts with the port it was asked under only.
  return origin.hostname === host.name && originPort === (host.port ?? defaultPort)
}

/** From a loopback address, under a loopback name, and not passed on by a proxy that says so. */
function isOnThisMachine(request: AccessRequest, host: HostName): boolean {
  return (
    isLoopbackAddress(request.remoteAddress) &&
    !request.forwarded &&
    LOOPBACK_NAMES.some((name) => name === host.name)
  )
}
