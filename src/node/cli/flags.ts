import { DEFAULT_ADDR, DEFAULT_PORT } from '../http/server-address.ts'
import type { FakeNat } from '../peer/node-relay-init.ts'
import { parseHost, parseOrigin } from '../http/access.ts'
import { CommandError, oneLine } from '../command-error.ts'
import type { TargetSpec } from '../forward/specs.ts'
import { parseTarget } from '../forward/specs.ts'
import type { FlagReader } from './flag-syntax.ts'
import { parseInteger, readFlags, shown } from './flag-syntax.ts'
import { circuitRelayFlags } from './circuit-relay-flags.ts'
import { forwardFlags } from './forward-flags.ts'
import type { ForwardingInit } from '../forward/forwarding.ts'
import type { CircuitRelayLimits } from '../peer/circuit-relay-limits.ts'

/** Most occurrences of a repeatable flag. */
export const MAX_REPEATS = 64

/** The parsed command line. Multiaddrs, the key and directories are not validated yet. */
export interface NodeFlags {
  addr: string
  port: number
  /** A path on this server, or an http(s) URL. */
  browse?: string
  /** Directories to serve. Earlier ones take precedence. */
  files: readonly string[]
  /** Base64 of the libp2p protobuf of a private key. Never logged. */
  key?: string
  /** Multiaddrs for the peer to listen on. */
  listen: readonly string[]
  /** Multiaddrs to announce instead of the listening addresses. */
  announce: readonly string[]
  /** Multiaddrs of bootstrap peers. */
  peers: readonly string[]
  /** Use no bootstrap peers except `peers`. */
  noPeers: boolean
  fakeNat?: FakeNat
  /** Start the peer immediately, instead of at the first client's Start. */
  start: boolean
  /** Serve as a circuit relay for other peers. */
  relay: boolean
  /** The limits of the circuit relay that were given. */
  circuitRelayLimits: Readonly<Partial<CircuitRelayLimits>>
  /** Serve `/metrics`. */
  metrics: boolean
  /** Let this server's own pages on this machine stop it. */
  stoppable: boolean
  /** Get a certificate for the peer's WebSocket addresses. */
  autoTls: boolean
  /** URL of the ACME server's directory. Default Let's Encrypt. */
  autoTlsCa?: string
  /** Serialised origins whose pages are allowed, besides this server's own. */
  origins: readonly string[]
  /** Host names of this server (`name` or `name:port`), besides its own. */
  hosts: readonly string[]
  /** What `-forward` and `-tunnel` ask for. */
  forwarding?: ForwardingInit
}

/** Accepts every value. It is validated later. */
const anything = (): undefined => undefined

/** What the command line asks the program to do. */
export type Command =
  | { kind: 'serve'; flags: NodeFlags }
  | { kind: 'pipe'; spec: TargetSpec; flags: NodeFlags }
  | { kind: 'copy'; directory: string; checkOnly: boolean }
  | { kind: 'help' }
  | { kind: 'version' }

/**
 * Parses the arguments after the program's name.
 *
 * If both `-fakenatprivate` and `-fakenatpublic` are given, private takes precedence, as in 2020.
 *
 * @throws CommandError `usage` with a one-line message that names the flag
 */
export function parseFlags(argv: readonly string[]): Command {
  if (argv[0] === 'copy') return parseCopy(argv.slice(1))
  const files: string[] = []
  const listen: string[] = []
  const announce: string[] = []
  const peers: string[] = []
  const origins: string[] = []
  const hosts: string[] = []
  const texts = { addr: DEFAULT_ADDR, browse: '', key: '', autotlsca: '', pipe: '' }
  const booleans = {
    nopeers: false,
    fakenatprivate: false,
    fakenatpublic: false,
    start: false,
    relay: false,
    autotls: false,
    metrics: false,
    stoppable: false,
    version: false,
  }
  let port = DEFAULT_PORT
  const limits = circuitRelayFlags()
  const forwards = forwardFlags(MAX_REPEATS)

  const boolean = (name: keyof typeof booleans): [string, FlagReader] => [
    name,
    {
      kind: 'boolean',
      set(value) {
        booleans[name] = value
      },
    },
  ]
  const value = (name: string, set: (value: string) => string | undefined): [string, FlagReader] => [
    name,
    { kind: 'value', set },
  ]
  const repeated = (name: string, into: string[], problemOf: (value: string) => string | undefined) =>
    value(name, (given) => {
      if (into.length >= MAX_REPEATS) return `it can be given at most ${MAX_REPEATS} times`
      const problem = given === '' ? 'it is empty' : problemOf(given)
      if (problem === undefined) into.push(given)
      return problem
    })

  const readers = new Map<string, FlagReader>([
    ...limits.readers,
    ...forwards.readers,
    boolean('nopeers'),
    boolean('fakenatprivate'),
    boolean('fakenatpublic'),
    boolean('start'),
    boolean('relay'),
    boolean('autotls'),
    boolean('metrics'),
    boolean('stoppable'),
    boolean('version'),
    value('addr', (given) => {
      texts.addr = given
      // In 2020 an empty address was the default and meant every interface. An empty variable in a script
      // must not mean that.
      return given === '' ? 'it is empty; use 0.0.0.0 for every interface' : undefined
    }),
    value('port', (given) => {
      const number = parseInteger(given)
      if (number === undefined || number < 0 || number > 65_535) return 'it must be a number from 0 to 65535'
      port = number
      return undefined
    }),
    value('pipe', (given) => {
      texts.pipe = given
      return given === '' ? 'it is empty' : undefined
    }),
    value('browse', (given) => {
      texts.browse = given
      return undefined
    }),
    value('key', (given) => {
      texts.key = given
      return undefined
    }),
    value('autotlsca', (given) => {
      texts.autotlsca = given
      return isHttps(given) ? undefined : 'it must be the https URL of an ACME directory'
    }),
    repeated('files', files, anything),
    repeated('listen', listen, anything),
    repeated('announce', announce, anything),
    repeated('peer', peers, anything),
    repeated('origin', origins, (given) =>
      parseOrigin(given) === undefined
        ? 'it must be of the form https://name or http://name:port'
        : undefined,
    ),
    repeated('host', hosts, (given) =>
      parseHost(given) === undefined ? 'it must be of the form name or name:port' : undefined,
    ),
  ])

  const { rest, help } = readFlags(argv, readers)
  if (help) return { kind: 'help' }
  if (booleans.version) return { kind: 'version' }
  const [protocol, extra] = texts.pipe === '' ? ['', ...rest] : rest
  if (extra !== undefined) throw new CommandError('usage', `unexpected argument: ${shown(extra)}`)

  const [limit] = limits.given
  if (limit !== undefined && !booleans.relay)
    throw new CommandError('usage', `-${limit} has no effect without -relay`)

  if (texts.autotlsca !== '' && !booleans.autotls)
    throw new CommandError('usage', '-autotlsca has no effect without -autotls')

  const forwarding = forwards.result()

  const fakeNat = booleans.fakenatprivate ? 'private' : booleans.fakenatpublic ? 'public' : undefined
  const flags: NodeFlags = {
    addr: texts.addr,
    port,
    files,
    listen,
    announce,
    peers,
    origins,
    hosts,
    noPeers: booleans.nopeers,
    start: booleans.start || forwarding !== undefined,
    relay: booleans.relay,
    autoTls: booleans.autotls,
    metrics: booleans.metrics,
    stoppable: booleans.stoppable,
    circuitRelayLimits: limits.limits,
    ...(texts.browse === '' ? {} : { browse: texts.browse }),
    ...(texts.autotlsca === '' ? {} : { autoTlsCa: texts.autotlsca }),
    ...(texts.key === '' ? {} : { key: texts.key }),
    ...(fakeNat === undefined ? {} : { fakeNat }),
    ...(forwarding === undefined ? {} : { forwarding }),
  }
  if (texts.pipe === '') return { kind: 'serve', flags }
  if (forwarding !== undefined)
    throw new CommandError('usage', '-pipe cannot be used with -forward or -tunnel')
  return { kind: 'pipe', spec: parsePipe(`${texts.pipe}${protocol ?? ''}`), flags }
}

function parsePipe(text: string): TargetSpec {
  try {
    return parseTarget(text)
  } catch (error) {
    throw new CommandError('usage', `-pipe: ${oneLine(error)}`, { cause: error })
  }
}

function isHttps(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === 'https:'
}

/** Parses the arguments of `copy`. */
function parseCopy(argv: readonly string[]): Command {
  let checkOnly = false
  const check: FlagReader = {
    kind: 'boolean',
    set(value) {
      checkOnly = value
    },
  }
  const { rest, help } = readFlags(argv, new Map([['check', check]]))
  if (help) return { kind: 'help' }
  const [directory, extra] = rest
  if (directory === undefined || directory === '')
    throw new CommandError('usage', 'copy: name the directory that your application serves, such as public')
  if (extra !== undefined) throw new CommandError('usage', `copy: unexpected argument: ${shown(extra)}`)
  return { kind: 'copy', directory, checkOnly }
}
