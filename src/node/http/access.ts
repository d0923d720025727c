/** A host as in a Host header or URL: lower case, with IPv6 in brackets and in its shortest form. */
export interface HostName {
  name: string
  port?: number
}

/** Which requests are allowed. Made by {@link makeAccessRules}. */
export interface AccessRules {
  /** The port that the server listens on. Its own names are valid with this port only. */
  port: number
  /** The server's own names: localhost, 127.0.0.1, [::1], and the address that it listens on. */
  ownNames: ReadonlySet<string>
  /** Names added by `-host`. Without a port they are valid with any port, for a proxy in front. */
  hosts: readonly HostName[]
  /** Serialised origins added by `-origin`. */
  origins: ReadonlySet<string>
}

/** What the decision depends on. Headers are as they were sent, with all their occurrences. */
export interface AccessRequest {
  host: readonly string[]
  origin: readonly string[]
  /** Sec-Fetch-Site, which every current browser sends and no page can change. */
  fetchSite?: string
  remoteAddress: string
  /**
   * Whether a header says that a proxy forwarded the request (Forwarded, Via, X-Forwarded-For and others).
   */
  forwarded: boolean
}

/**
 * Whether a request is allowed, and who sent it.
 *
 * - `self`: a page of this server.
 * - `added`: a page of an origin given by `-origin`.
 * - `program`: there is no Origin, so it is a program, or a browser that navigates or loads part of a page.
 *
 * `mayHaveKey`: the client may receive the private key.
 */
export type Verdict =
  | { kind: 'allowed'; as: 'self' | 'added' | 'program'; mayHaveKey: boolean }
  | { kind: 'refused'; status: 400 | 403; why: string }

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'] as const
/**
 * Addresses that mean every interface. They aren't valid host names, because nobody can be reached at them.
 */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '[::]'])
const DEFAULT_PORTS: Record<string, number> = { 'http:': 80, 'https:': 443 }

const HOST = /^(?<name>\[[\da-f:.]+\]|[a-z\d._-]+)(?::(?<port>\d{1,5}))?$/u

/** Reads `name`, `name:port`, `[v6]` or `[v6]:port`, in any case. Returns undefined for anything else. */
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
 * Parses a serialised http or https origin, in any case. Returns undefined for anything else, such as `null`,
 * `*`, or an origin with a path, a user or another scheme.
 */
export function parseOrigin(text: string): string | undefined {
  if (!/^https?:\/\/[^/?#@\\\s]+$/iu.test(text) || !URL.canParse(text)) return undefined
  return new URL(text).origin
}

/**
 * Makes the rules of a server.
 *
 * @param init.addr the address that the server listens on, as in `-addr`
 * @param init.hosts host names, in the form that {@link parseHost} accepts
 * @param init.origins origins, in the form that {@link parseOrigin} accepts
 * @throws TypeError if a host or an origin is invalid
 */
export function makeAccessRules(init: {
  addr: string
  port: number
  hosts?: readonly string[]
  origins?: readonly string[]
}): AccessRules {
  const hosts = (init.hosts ?? []).map((text) => {
    const host = parseHost(text)
    if (host === undefined) throw new TypeError(`invalid host: ${JSON.stringify(text)}`)
    return host
  })
  const origins = (init.origins ?? []).map((text) => {
    const origin = parseOrigin(text)
    if (origin === undefined) throw new TypeError(`invalid origin: ${JSON.stringify(text)}`)
    return origin
  })
  const own = parseHost(init.addr.includes(':') && !init.addr.startsWith('[') ? `[${init.addr}]` : init.addr)
  const ownNames = new Set<string>(LOOPBACK_NAMES)
  if (own !== undefined && !WILDCARDS.has(own.name)) ownNames.add(own.name)
  return { port: init.port, ownNames, hosts, origins: new Set(origins) }
}

/** Whether an address is in 127.0.0.0/8 or is ::1. IPv4-mapped IPv6 addresses count too. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/iu.test(address)
}

/**
 * Decides whether a request or an upgrade is allowed. Must run before anything else is done with the request.
 *
 * The Host check prevents DNS rebinding: a foreign name that resolves to this machine is refused whatever the
 * page claims. The Origin check rejects pages of other origins, and sandboxed pages, whose origin is `null`.
 */
export function judge(request: AccessRequest, rules: AccessRules): Verdict {
  const [hostText, ...moreHosts] = request.host
  if (hostText === undefined || moreHosts.length > 0) {
    return { kind: 'refused', status: 400, why: 'a request must have exactly one Host header' }
  }
  const host = parseHost(hostText)
  if (host === undefined) return { kind: 'refused', status: 400, why: 'the Host header is invalid' }
  if (!isServedHost(host, rules)) return { kind: 'refused', status: 403, why: whyNotServed(host, rules) }

  const [originText, ...moreOrigins] = request.origin
  if (moreOrigins.length > 0)
    return { kind: 'refused', status: 400, why: 'a request must have at most one Origin header' }
  if (originText === undefined) {
    return { kind: 'allowed', as: 'program', mayHaveKey: isOnThisMachine(request, host) }
  }
  const origin = parseOrigin(originText)
  if (origin !== undefined) {
    if (isSameOrigin(new URL(origin), host, rules)) {
      // A program can send any Origin, so the key is given only to clients on this machine.
      return { kind: 'allowed', as: 'self', mayHaveKey: isOnThisMachine(request, host) }
    }
    if (rules.origins.has(origin)) return { kind: 'allowed', as: 'added', mayHaveKey: false }
  }
  return {
    kind: 'refused',
    status: 403,
    why:
      origin === undefined
        ? 'pages without an origin, such as sandboxed ones and files, are not allowed'
        : `pages of ${origin} are not allowed; if they are yours, start the server with -origin ${origin}`,
  }
}

/**
 * Whether a page of another site caused the request, with or without an Origin. Such requests must not read
 * private data. An origin allowed by `-origin` doesn't count as another site.
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
  if (ports.length === 0)
    return `this server is not known as ${name}; if it is yours, start it with -host ${name}`
  return `this server is known as ${name} on port ${ports.join(', ')}, not on port ${port}; if it is yours, start it with -host ${name}:${port}`
}

/** Whether the origin is this server's: one of its own names, or the name that this request was sent to. */
function isSameOrigin(origin: URL, host: HostName, rules: AccessRules): boolean {
  const defaultPort = DEFAULT_PORTS[origin.protocol]
  const originPort = origin.port === '' ? defaultPort : Number(origin.port)
  if (origin.protocol === 'http:' && originPort === rules.port && rules.ownNames.has(origin.hostname))
    return true
  // Behind a proxy, the scheme is the proxy's. The name is valid only with the port of the request.
  return origin.hostname === host.name && originPort === (host.port ?? defaultPort)
}

/**
 * Whether the request comes from a loopback address, to a loopback name, and no proxy says that it forwarded
 * it.
 */
function isOnThisMachine(request: AccessRequest, host: HostName): boolean {
  return (
    isLoopbackAddress(request.remoteAddress) &&
    !request.forwarded &&
    LOOPBACK_NAMES.some((name) => name === host.name)
  )
}
