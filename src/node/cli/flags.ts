import { DEFAULT_ADDR, DEFAULT_PORT } from '../http/server-address.ts'
import type { FakeNat } from '../peer/node-relay-init.ts'
import { parseHost, parseOrigin } from '../http/access.ts'
import { CommandError } from '../command-error.ts'
import type { FlagReader } from './flag-syntax.ts'
import { parseInteger, readFlags, shown } from './flag-syntax.ts'
import { relayFlags } from './relay-flags.ts'
import type { RelayLimits } from '../peer/relay-limits.ts'

/** How often a flag that may be repeated may be given. */
export const MAX_REPEATS = 64

/** The command line, read. Multiaddrs, the key and directories are as given: whoever uses them checks them. */
export interface NodeFlags {
  addr: string
  port: number
  /** A page below this server, or an http(s) URL. */
  browse?: string
  /** Directories, the first one uppermost. */
  files: readonly string[]
  /** Base64 of the libp2p protobuf of a private key. Never logged. */
  key?: string
  /** Multiaddrs for the peer to listen on. */
  listen: readonly string[]
  /** Multiaddrs to announce instead of those that are listened on. */
  announce: readonly string[]
  /** Multiaddrs of bootstrap peers. */
  peers: readonly string[]
  /** Without bootstrap peers, but for those of `peers`. */
  noPeers: boolean
  fakeNat?: FakeNat
  /** Run the peer at once, rather than at the first client's Start. */
  start: boolean
  /** Serve circuit relay to other peers. */
  relay: boolean
  /** Those limits of the circuit relay that were given. */
  relayLimits: Readonly<Partial<RelayLimits>>
  /** Offer `/metrics`. */
  metrics: boolean
  /** Get a certificate for the peer's WebSocket addresses. */
  autoTls: boolean
  /** The ACME server that gives it, by the URL of its directory; absent, the default. */
  autoTlsCa?: string
  /** Serialised origins that are let in besides this server's own. */
  origins: readonly string[]
  /** Hosts (`name` or `name:port`) that this server is known by besides its own. */
  hosts: readonly string[]
}

/** Checked by whoever uses it. */
const anything = (): undefined => undefined

/** What the command line asks for. */
export type Command = { kind: 'serve'; flags: NodeFlags } | { kind: 'help' } | { kind: 'version' }

/**
 * Reads the arguments behind the name of the program.
 *
 * Where both `-fakenatprivate` and `-fakenatpublic` are given, private holds, as in 2020.
 *
 * @throws CommandError `usage`, in one line that names the flag
 */
export function parseFlags(argv: readonly string[]): Command {
  const files: string[] = []
  const listen: string[] = []
  const announce: string[] = []
  const peers: string[] = []
  const origins: string[] = []
  const hosts: string[] = []
  const text = { addr: DEFAULT_ADDR, browse: '', key: '', autotlsca: '' }
  const truth = {
    nopeers: false,
    fakenatprivate: false,
    fakenatpublic: false,
    start: false,
    relay: false,
    autotls: false,
    metrics: false,
    version: false,
  }
  let port = DEFAULT_PORT
  const limits = relayFlags()

  const flag = (name: keyof typeof truth): [string, FlagReader] => [
    name,
    {
      kind: 'boolean',
      set(value) {
        truth[name] = value
      },
    },
  ]
  const value = (name: string, set: (value: string) => string | undefined): [string, FlagReader] => [
    name,
    { kind: 'value', set },
  ]
  const repeated = (name: string, into: string[], wrong: (value: string) => string | undefined) =>
    value(name, (given) => {
      if (into.length >= MAX_REPEATS) return `it is given more than ${MAX_REPEATS} times`
      const problem = given === '' ? 'it is empty' : wrong(given)
      if (problem === undefined) into.push(given)
      return problem
    })

  const readers = new Map<string, FlagReader>([
    ...limits.readers,
    flag('nopeers'),
    flag('fakenatprivate'),
    flag('fakenatpublic'),
    flag('start'),
    flag('relay'),
    flag('autotls'),
    flag('metrics'),
    flag('version'),
    value('addr', (given) => {
      text.addr = given
      // In 2020 this was the default, and meant every interface. Nobody should get that by an empty variable.
      return given === '' ? 'it is empty; 0.0.0.0 is every interface' : undefined
    }),
    value('port', (given) => {
      const number = parseInteger(given)
      if (number === undefined || number < 0 || number > 65_535) return 'a port is a number from 0 to 65535'
      port = number
      return undefined
    }),
    value('browse', (given) => {
      text.browse = given
      return undefined
    }),
    value('key', (given) => {
      text.key = given
      return undefined
    }),
    value('autotlsca', (given) => {
      text.autotlsca = given
      return isHttps(given) ? undefined : 'it is the https URL of an ACME directory'
    }),
    repeated('files', files, anything),
    repeated('listen', listen, anything),
    repeated('announce', announce, anything),
    repeated('peer', peers, anything),
    repeated('origin', origins, (given) =>
      parseOrigin(given) === undefined ? 'an origin is https://name or http://name:port' : undefined,
    ),
    repeated('host', hosts, (given) =>
      parseHost(given) === undefined ? 'a host is a name or name:port' : undefined,
    ),
  ])

  const { rest, help } = readFlags(argv, readers)
  if (help) return { kind: 'help' }
  if (truth.version) return { kind: 'version' }
  const [extra] = rest
  if (extra !== undefined) throw new CommandError('usage', `unexpected argument: ${shown(extra)}`)

  const [limit] = limits.given
  if (limit !== undefined && !truth.relay)
    throw new CommandError('usage', `-${limit} is a limit of -relay, which is not given`)

  if (text.autotlsca !== '' && !truth.autotls)
    throw new CommandError('usage', '-autotlsca is for -autotls, which is not given')

  const fakeNat = truth.fakenatprivate ? 'private' : truth.fakenatpublic ? 'public' : undefined
  return {
    kind: 'serve',
    flags: {
      addr: text.addr,
      port,
      files,
      listen,
      announce,
      peers,
      origins,
      hosts,
      noPeers: truth.nopeers,
      start: truth.start,
      relay: truth.relay,
      autoTls: truth.autotls,
      metrics: truth.metrics,
      relayLimits: limits.limits,
      ...(text.browse === '' ? {} : { browse: text.browse }),
      ...(text.autotlsca === '' ? {} : { autoTlsCa: text.autotlsca }),
      ...(text.key === '' ? {} : { key: text.key }),
      ...(fakeNat === undefined ? {} : { fakeNat }),
    },
  }
}

function isHttps(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === 'https:'
}
