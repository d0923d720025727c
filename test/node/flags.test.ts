import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CommandError } from '../../src/node/command-error.ts'
import { parseBoolean, parseDuration, parseInteger } from '../../src/node/cli/flag-syntax.ts'
import type { NodeFlags } from '../../src/node/cli/flags.ts'
import { MAX_REPEATS, parseFlags } from '../../src/node/cli/flags.ts'
import { encodeConnectString } from '../../src/protocol/index.ts'
import { FLAG_GROUPS, usage } from '../../src/node/cli/usage.ts'

function flagsOf(...argv: string[]): NodeFlags {
  const command = parseFlags(argv)
  if (command.kind !== 'serve') throw new Error(`it is ${command.kind}`)
  return command.flags
}

function lineOf(...argv: string[]): string {
  try {
    parseFlags(argv)
  } catch (error) {
    if (error instanceof CommandError && error.code === 'usage') return error.message
    throw error
  }
  throw new Error('it was read')
}

test('without flags the server listens on loopback, port 8888, and does not start the peer', () => {
  expect(flagsOf()).toEqual({
    addr: '127.0.0.1',
    port: 8888,
    files: [],
    listen: [],
    announce: [],
    peers: [],
    origins: [],
    hosts: [],
    noPeers: false,
    start: false,
    relay: false,
    circuitRelayLimits: {},
    autoTls: false,
    metrics: false,
    stoppable: false,
  })
})

test.each([
  { argv: ['-port', '9000'] },
  { argv: ['-port=9000'] },
  { argv: ['--port', '9000'] },
  { argv: ['--port=9000'] },
  { argv: ['-port=0x2328'] },
  { argv: ['-port', '1', '-port', '9000'] },
])('$argv sets the port, as Go reads it', ({ argv }) => {
  expect(flagsOf(...argv).port).toBe(9000)
})

test('a value may contain an equals sign, be empty, or begin with a dash', () => {
  expect(flagsOf('-browse=a.html?x=1').browse).toBe('a.html?x=1')
  expect(flagsOf('-browse', '-start').browse).toBe('-start')
  expect(flagsOf('-key=').key).toBeUndefined()
})

test.each(['1', 't', 'T', 'TRUE', 'true', 'True'])('a boolean reads %s as true', (word) => {
  expect(flagsOf(`-start=${word}`).start).toBe(true)
})

test.each(['0', 'f', 'F', 'FALSE', 'false', 'False'])('a boolean reads %s as false', (word) => {
  expect(flagsOf('-start', `-start=${word}`).start).toBe(false)
})

test('a boolean takes no separate value: a word after it ends the flags', () => {
  expect(flagsOf('-relay', '-start')).toMatchObject({ relay: true, start: true })
  expect(lineOf('-start', 'false')).toBe('unexpected argument: "false"')
})

test('repeatable flags keep their order', () => {
  const { files, listen, peers, origins, hosts } = flagsOf(
    ...'-files a --files=b -listen /ip4/127.0.0.1/tcp/0 -peer /dns4/x/tcp/1'.split(' '),
    ...'-origin https://a.example -host b.example -files c -host=c.example:1'.split(' '),
  )
  expect(files).toEqual(['a', 'b', 'c'])
  expect(listen).toEqual(['/ip4/127.0.0.1/tcp/0'])
  expect(peers).toEqual(['/dns4/x/tcp/1'])
  expect(origins).toEqual(['https://a.example'])
  expect(hosts).toEqual(['b.example', 'c.example:1'])
})

test('the limits of the relay are read from their flags', () => {
  expect(
    flagsOf(
      ...'-relay -relaydata 1_000_000 -relayduration 1h30m -relaycircuits=2 -relayreservations 3'.split(' '),
      '-relayperaddress=0',
    ).circuitRelayLimits,
  ).toEqual({
    circuitBytes: 1_000_000,
    circuitMs: 5_400_000,
    circuits: 2,
    reservations: 3,
    reservationsPerAddress: 0,
  })
  expect(flagsOf('-relay', '-relaydata=0', '-relayduration=0').circuitRelayLimits).toEqual({
    circuitBytes: 0,
    circuitMs: 0,
  })
})

test('-fakenatprivate takes precedence over -fakenatpublic, as in 2020', () => {
  expect(flagsOf('-fakenatpublic').fakeNat).toBe('public')
  expect(flagsOf('-fakenatpublic', '-fakenatprivate').fakeNat).toBe('private')
  expect(flagsOf('-fakenatpublic', '-fakenatprivate=0').fakeNat).toBe('public')
})

test.each([
  { argv: ['-bogus'], line: 'unknown flag: "-bogus"' },
  { argv: ['--bogus=1'], line: 'unknown flag: "-bogus"' },
  { argv: ['---port', '1'], line: 'bad flag syntax: "---port"' },
  { argv: ['-=1'], line: 'bad flag syntax: "-=1"' },
  { argv: ['-port'], line: 'flag needs a value: -port' },
  {
    argv: ['-port', 'eighty'],
    line: 'invalid value "eighty" for flag -port: it must be a number from 0 to 65535',
  },
  {
    argv: ['-port=65536'],
    line: 'invalid value "65536" for flag -port: it must be a number from 0 to 65535',
  },
  { argv: ['-port=-1'], line: 'invalid value "-1" for flag -port: it must be a number from 0 to 65535' },
  { argv: ['-port='], line: 'invalid value "" for flag -port: it must be a number from 0 to 65535' },
  { argv: ['-start=yes'], line: 'invalid boolean value "yes" for -start' },
  { argv: ['-start='], line: 'invalid boolean value "" for -start' },
  { argv: ['-addr='], line: 'invalid value "" for flag -addr: it is empty; use 0.0.0.0 for every interface' },
  { argv: ['-files='], line: 'invalid value "" for flag -files: it is empty' },
  {
    argv: ['-origin', 'null'],
    line: 'invalid value "null" for flag -origin: it must be of the form https://name or http://name:port',
  },
  {
    argv: ['-origin', '*'],
    line: 'invalid value "*" for flag -origin: it must be of the form https://name or http://name:port',
  },
  {
    argv: ['-host', 'http://a'],
    line: 'invalid value "http://a" for flag -host: it must be of the form name or name:port',
  },
  {
    argv: ['-autotls', '-autotlsca', 'http://ca.example'],
    line: 'invalid value "http://ca.example" for flag -autotlsca: it must be the https URL of an ACME directory',
  },
  {
    argv: ['-autotlsca', 'https://ca.example/directory'],
    line: '-autotlsca has no effect without -autotls',
  },
  { argv: ['-relaydata', '1'], line: '-relaydata has no effect without -relay' },
  {
    argv: ['-relay', '-relaydata', '1GB'],
    line: 'invalid value "1GB" for flag -relaydata: it must be a number of bytes, or 0 for no limit',
  },
  {
    argv: ['-relay', '-relaydata=-1'],
    line: 'invalid value "-1" for flag -relaydata: it must be a number of bytes, or 0 for no limit',
  },
  ...['', '1d', '10', '-1h', '999ms', '577h'].map((value) => ({
    argv: ['-relay', '-relayduration', value],
    line: `invalid value "${value}" for flag -relayduration: it must be a duration such as 90m or 24h, from 1s to 576h, or 0 for no limit`,
  })),
  {
    argv: ['-relay', '-relaycircuits=0'],
    line: 'invalid value "0" for flag -relaycircuits: it must be a number from 1 to 65536',
  },
  {
    argv: ['-relay', '-relayreservations', 'many'],
    line: 'invalid value "many" for flag -relayreservations: it must be a number from 1 to 65536',
  },
  {
    argv: ['-relay', '-relayperaddress', '65537'],
    line: 'invalid value "65537" for flag -relayperaddress: it must be a number from 1 to 65536, or 0 for no limit',
  },
  { argv: ['page.html', '-start'], line: 'unexpected argument: "page.html"' },
  { argv: ['-'], line: 'unexpected argument: "-"' },
  { argv: ['--', '-start'], line: 'unexpected argument: "-start"' },
  { argv: ['-start\nx'], line: 'unknown flag: "-start\\nx"' },
])('$argv is rejected in one line that names it', ({ argv, line }) => {
  expect(lineOf(...argv)).toBe(line)
})

test('a flag can be repeated up to a limit', () => {
  const some = Array.from({ length: MAX_REPEATS }, () => '-files=a')
  expect(flagsOf(...some).files).toHaveLength(MAX_REPEATS)
  expect(lineOf(...some, '-files=a')).toContain(`it can be given at most ${MAX_REPEATS} times`)
})

test('a key in the wrong place does not appear in the message', () => {
  const key = `CAESQ${'k7Zq'.repeat(22)}`
  for (const argv of [[key], ['-start', key], [`-${key}`], [`-start=${key}`], [`-origin=${key}`]]) {
    expect(lineOf(...argv)).not.toContain('k7Zqk7Zq')
  }
})

test('two dashes end the flags', () => {
  expect(flagsOf('-start', '--').start).toBe(true)
})

test('help and version have several forms, and help ignores errors after it', () => {
  for (const argv of [['-h'], ['-help'], ['--help'], ['-start', '-h', '-bogus']]) {
    expect(parseFlags(argv)).toEqual({ kind: 'help' })
  }
  expect(parseFlags(['-version'])).toEqual({ kind: 'version' })
  expect(parseFlags(['-version=false']).kind).toBe('serve')
})

test('the help lists every flag', () => {
  const text = usage()
  const names =
    'addr browse files key listen announce nopeers peer port fakenatprivate fakenatpublic start relay relaydata relayduration relaycircuits relayreservations relayperaddress forward allow tunnel pipe autotls autotlsca metrics origin host version'
  for (const name of names.split(' ')) {
    expect(text).toMatch(new RegExp(`^  -${name}( |$)`, 'm'))
    // Each flag in the help exists.
    expect(() => parseFlags([`-${name}`])).not.toThrow(/unknown flag/)
  }
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(100)
})

test('docs/command.md has the same flags as the help, in the same order and words', () => {
  const rows = readFileSync('docs/command.md', 'utf8').split('\n')
  const expected = FLAG_GROUPS.flatMap(({ flags }) =>
    flags.map(({ form, text }) => `| \`${form}\` | ${text} |`),
  )
  expect(rows.filter((row) => row.startsWith('| `-'))).toEqual(expected)
})

test.each([
  ['8888', 8888],
  ['0', 0],
  ['-0', 0],
  ['+7', 7],
  ['-12', -12],
  ['0b101', 5],
  ['0o17', 15],
  ['017', 15],
  ['0X1f', 31],
  ['1_000', 1000],
  ['0x_ff', 255],
])('an integer %s is %i, as in Go', (text, value) => {
  expect(parseInteger(text)).toBe(value)
})

test.each([
  '',
  ' 1',
  '1 ',
  '1.5',
  '1e3',
  '08',
  '_1',
  '1_',
  '1__0',
  '0x',
  '--1',
  'NaN',
  '٣',
  '9007199254740993',
])('"%s" is not an integer', (text) => {
  expect(parseInteger(text)).toBeUndefined()
})

test.each([
  ['0', 0],
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['+2m', 120_000],
  ['-2m', -120_000],
  ['3ms2us1ns', 3.002001],
])('a duration %s is %d ms, as in Go', (text, ms) => {
  expect(parseDuration(text)).toBeCloseTo(ms)
})

test.each(['', 's', '1', '1d', ' 1s', '1s ', '1s1', '1 s', '.s', '1h-1m', 'h1', '1..5s'])(
  '"%s" is not a duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined()
  },
)

test('any arguments result in a command or a one-line usage error', () => {
  const word = fc.oneof(
    fc.constantFrom('-port', '-start', '-files', '-x', '--', '-', '-host=', '-key', '=', '-h'),
    fc.string(),
    fc.string().map((text) => `-${text}`),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (argv) => {
      try {
        parseFlags(argv)
      } catch (error) {
        expect(error).toBeInstanceOf(CommandError)
        expect((error as CommandError).message).not.toMatch(/[\r\n]/)
      }
    }),
  )
  expect(parseBoolean('yes')).toBeUndefined()
})

const PEER = '12D3KooWGC6TvWhfajpgX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'

test('forwards and tunnels are read, and start the peer', () => {
  const flags = flagsOf(
    '-forward=/x/ssh=127.0.0.1:22',
    '-forward=/x/db=[::1]:5432',
    `-allow=${PEER}`,
    `-tunnel=2222=${PEER}/x/ssh`,
    `-tunnel=0.0.0.0:0=/ip4/127.0.0.1/tcp/1/p2p/${PEER}/p2p-circuit/p2p/${PEER}/x/y/1.0`,
  )
  expect(flags.start).toBe(true)
  expect(flags.forwarding).toEqual({
    forwards: [
      { protocol: '/x/ssh', to: { host: '127.0.0.1', port: 22 } },
      { protocol: '/x/db', to: { host: '::1', port: 5432 } },
    ],
    allowed: new Set([PEER]),
    tunnels: [
      { listen: { host: '127.0.0.1', port: 2222 }, target: { peer: PEER, addrs: [] }, protocol: '/x/ssh' },
      {
        listen: { host: '0.0.0.0', port: 0 },
        target: { peer: PEER, addrs: [`/ip4/127.0.0.1/tcp/1/p2p/${PEER}/p2p-circuit/p2p/${PEER}`] },
        protocol: '/x/y/1.0',
      },
    ],
  })
  expect(flagsOf('-forward=/x/a=h:1', `-allow=${PEER}`, '-allow=any').forwarding?.allowed).toBe('any')
  const shared = encodeConnectString({ peer: PEER, protocol: '/x/a', addrs: ['/ip4/127.0.0.1/tcp/1'] })
  expect(flagsOf(`-tunnel=1=${shared}`).forwarding?.tunnels[0]).toMatchObject({
    target: { peer: PEER, addrs: ['/ip4/127.0.0.1/tcp/1'] },
    protocol: '/x/a',
  })
})

test('-pipe takes a target and a protocol, or a connect string, after all other flags', () => {
  const spec = { target: { peer: PEER, addrs: [] }, protocol: '/x/ssh' }
  expect(parseFlags(['-port=1', '-pipe', PEER, '/x/ssh'])).toMatchObject({
    kind: 'pipe',
    spec,
    flags: { port: 1 },
  })
  const shared = encodeConnectString({ peer: PEER, protocol: '/x/ssh', addrs: [] })
  expect(parseFlags(['-pipe', shared])).toMatchObject({ kind: 'pipe', spec })
})

test.each([
  [['-pipe', ''], 'it is empty'],
  [['-pipe', PEER], '-pipe: the target must be a peer ID'],
  [['-pipe', PEER, '/x/ssh', '-port=1'], 'unexpected argument: "-port=1"'],
  [['-forward=/x/a=h:1', '-allow=any', '-pipe', PEER, '/x/ssh'], '-pipe cannot be used with -forward'],
  [['-forward=/x/ssh=127.0.0.1:22'], 'say who may use it, with -allow PEERID'],
  [[`-allow=${PEER}`], '-allow has no effect without -forward'],
  [['-allow=nobody'], 'is not a peer ID'],
  [['-forward=/x/ssh'], 'it must be of the form PROTOCOL=HOST:PORT'],
  [['-forward=/x/ssh=22'], 'what follows the = must be HOST:PORT'],
  [['-forward=/x/ssh=h:0'], 'what follows the = must be HOST:PORT'],
  [['-forward=/x/ssh=h:65536'], 'what follows the = must be HOST:PORT'],
  [['-forward=ssh=h:1'], 'ssh'],
  [['-forward=/libp2p/x=h:1'], 'belong to libp2p itself'],
  [['-forward=/x/a=h:1', '-forward=/x/a=h:2', '-allow=any'], 'this protocol is forwarded already'],
  [['-tunnel=2222'], 'it must be of the form PORT=TARGET/PROTOCOL'],
  [[`-tunnel=x:y=${PEER}/x/a`], 'what precedes the = must be PORT or HOST:PORT'],
  [[`-tunnel=1=${PEER}`], 'the target must be a peer ID or a multiaddr'],
  [['-tunnel=1=12D3/x/a'], 'is not a peer ID'],
  [['-tunnel=1=/ip4/127.0.0.1/tcp/1/x/a'], 'must end in /p2p/ID'],
  [[`-tunnel=1=/ip4/127.0.0.1/tcp/1/p2p/${PEER}`], 'must end in /p2p/ID'],
])('%j is refused: %s', (argv, words) => {
  expect(() => parseFlags(argv)).toThrow(words)
})
