import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromString } from '@libp2p/peer-id'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { STOP_TIMEOUT_MS } from '../../src/node/cli/command.ts'
import { formatKey } from '../../src/relay/identity.ts'
import { until } from '../support/until.ts'
import type { BundledCommand, CommandProcess } from './support/command-process.ts'
import { bundleCommand, startCommand } from './support/command-process.ts'
import { get } from './support/raw.ts'

let command: BundledCommand
let home: string
let site: string
let started: CommandProcess[]

beforeAll(async () => {
  command = await bundleCommand('test/node/support/echo-main.ts')
})

afterAll(async () => {
  await command.remove()
})

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'command-'))
  site = join(home, 'site')
  await mkdir(join(site, 'assets'), { recursive: true })
  await writeFile(join(site, 'index.html'), 'the site')
  await writeFile(join(site, 'assets/a-01234567.js'), 'hashed')
  started = []
})

afterEach(async () => {
  for (const { child } of started) child.kill('SIGKILL')
  await Promise.all(started.map(({ ended }) => ended))
  await rm(home, { recursive: true, force: true })
})

function start(argv: readonly string[], env: NodeJS.ProcessEnv = {}): CommandProcess {
  const running = startCommand(command.path, argv, { HOME: home, SITE: site, ...env })
  started.push(running)
  return running
}

/** Runs the command to its end. */
async function run(argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const running = start(argv, env)
  const code = await running.ended
  return { code, stdout: running.stdout, stderr: running.stderr }
}

const PEER = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'
const PEER_CID = peerIdFromString(PEER).toCID().toString()
const FILE_CID = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'

const newKey = async () => formatKey(await generateKeyPair('Ed25519'))

test('it prints where it listens, and serves the site, its documents and sockets until SIGTERM', async () => {
  const running = start(['-port', '0'])
  const port = await running.listening()
  expect(await get(port, '/')).toMatchObject({ status: 200, body: 'the site' })
  expect((await get(port, '/assets/a-01234567.js')).headers.get('cache-control')).toContain('immutable')
  expect((await get(port, '/network.json')).status).toBe(200)
  expect(JSON.parse((await get(port, '/status.json')).body)).toMatchObject({
    starts: 0,
    init: { listen: [], peers: [], noPeers: false, circuitRelay: false },
  })
  const socket = new WebSocket(`ws://127.0.0.1:${port}/libp2p`)
  const closed = new Promise<number>((resolve) => {
    socket.on('close', resolve)
  })
  const first = await new Promise<Buffer>((resolve) => {
    socket.on('message', (data: Buffer) => resolve(data))
  })
  expect(first.toString()).toBe('the private key')

  running.child.kill('SIGTERM')
  expect(await closed).toBe(1001)
  expect(await running.ended).toBe(0)
  expect(running.stdout).toBe(
    `Listening on http://localhost:${port}/\n  Chat  http://localhost:${port}/examples/chat.html\nPress Ctrl+C to stop.\nstopping\n`,
  )
  expect(running.stderr).toBe('')
})

test('it says where each forward and tunnel goes', async () => {
  const running = start(['-port=0', '-forward=/x/ssh=127.0.0.1:22', '-allow=any'])
  await running.listening()
  await until('the last line', () => running.stdout.includes('Press Ctrl+C'))
  expect(running.stdout.split('\n').slice(2, 5)).toEqual([
    '  Peer ID  a peer',
    '  Forward  /x/ssh to 127.0.0.1:22; elsewhere: -tunnel PORT=a peer/x/ssh',
    '  Tunnel   127.0.0.1:5432 to /x/db of another peer',
  ])
})

test('SIGINT ends it too, even with an idle connection', async () => {
  const running = start(['-port=0'])
  const port = await running.listening()
  const response = await fetch(`http://127.0.0.1:${port}/`)
  expect(await response.text()).toBe('the site')
  running.child.kill('SIGINT')
  expect(await running.ended).toBe(0)
})

test('the flags are passed to the relay, and -start starts the peer immediately', async () => {
  const key = await newKey()
  const flags =
    '-port 0 -start -relay -nopeers -fakenatpublic -peer /ip4/127.0.0.1/tcp/1/p2p/12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F ' +
    '-listen /ip4/127.0.0.1/tcp/0 --listen=/ip4/127.0.0.1/tcp/0/ws -announce /dns4/a.example/tcp/443/wss ' +
    '-relaydata 1000 -relayduration 10m'
  const running = start([...flags.split(' '), `-key=${key}`])
  const port = await running.listening()
  const status = JSON.parse((await get(port, '/status.json')).body) as { starts: number; init: unknown }
  expect(status.starts).toBe(1)
  expect(status.init).toMatchObject({
    listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'],
    peers: ['/ip4/127.0.0.1/tcp/1/p2p/12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'],
    noPeers: true,
    circuitRelay: true,
    fakeNat: 'public',
    announce: ['/dns4/a.example/tcp/443/wss'],
    circuitRelayLimits: { circuitBytes: 1000, circuitMs: 600_000 },
    key,
  })
  running.child.kill()
  await running.ended
  expect(running.stdout + running.stderr).not.toContain(key)
})

test('an address copied with spaces, a line break and the ID as a CID is normalised', async () => {
  const peer = ` /ip4/127.0.0.1/tcp/1/p2p/${PEER_CID}\r\n`
  const running = start(['-port', '0', '-peer', peer, '-listen', '/ip4/127.0.0.1/tcp/0\r\n'])
  const port = await running.listening()
  const { init } = JSON.parse((await get(port, '/status.json')).body) as { init: unknown }
  expect(init).toMatchObject({
    peers: [`/ip4/127.0.0.1/tcp/1/p2p/${PEER}`],
    listen: ['/ip4/127.0.0.1/tcp/0'],
  })
  running.child.kill()
  await running.ended
})

test("directories take precedence over the site, and only the user's own have the native header", async () => {
  for (const name of ['one', 'two']) {
    await mkdir(join(home, name))
    await writeFile(join(home, name, `${name}.txt`), name)
    await writeFile(join(home, name, 'both.txt'), name)
  }
  const running = start(['-port', '0', '-files', join(home, 'one'), '-files', join(home, 'two')])
  const port = await running.listening()
  expect((await get(port, '/both.txt')).body).toBe('one')
  expect((await get(port, '/two.txt')).body).toBe('two')
  expect((await get(port, '/two.txt')).headers.get('libp2p-websocket')).toBe('native')
  const index = await get(port, '/')
  expect(index.body).toBe('the site')
  expect(index.headers.has('libp2p-websocket')).toBe(false)
})

test('help and version go to standard output', async () => {
  const help = await run(['-h'])
  expect(help).toMatchObject({ code: 0, stderr: '' })
  expect(help.stdout).toContain('Usage: libp2p-websocket [flags]')
  expect(await run(['--version'])).toEqual({ code: 0, stdout: 'libp2p-websocket 1.2.3\n', stderr: '' })
})

test.each([
  { argv: ['-bogus'], line: 'unknown flag: "-bogus" (-h lists the flags)' },
  { argv: ['-port', 'x'], line: /^invalid value "x" for flag -port: .*/ },
  { argv: ['-files'], line: /^flag needs a value: -files/ },
  { argv: ['extra'], line: /^unexpected argument: "extra"/ },
  { argv: ['-listen', '/ip4/x'], line: /^-listen: "\/ip4\/x" is not a multiaddr/ },
  { argv: ['-peer', 'peer'], line: /^-peer: "peer" is not a multiaddr/ },
  {
    argv: ['-peer', '/ip4/127.0.0.1/tcp/1'],
    line: /^-peer: \/ip4\/127.0.0.1\/tcp\/1 does not end in \/p2p\/…/,
  },
  {
    argv: ['-peer', `/ip4/127.0.0.1/tcp/1/p2p/${PEER.toUpperCase()}`],
    line: /^-peer: "\/ip4.*" is not a multiaddr: "12D3KOO\w+" is not a peer ID: its letters have become capitals/,
  },
  {
    argv: ['-peer', `/ip4/127.0.0.1/tcp/1/p2p/${FILE_CID}`],
    line: /^-peer: .*"bafybei\w+" is not a peer ID: it is the CID of something else/,
  },
  {
    argv: ['-peer', `/dns4/h.example/tcp/443/https/p2p/${PEER}`],
    line: /^-peer: \/dns4\/h.example\/tcp\/443\/https\/p2p\/\w+ cannot be dialled \(HTTP\): name a TCP/,
  },
  {
    argv: ['-peer', `/ip4/127.0.0.1/udp/1/quic-v1/p2p/${PEER}`],
    line: /^-peer: .* cannot be dialled \(QUIC\)/,
  },
  {
    argv: ['-peer', `/dns4/h.example/tcp/443/tls/ws/http-path/libp2p/p2p/${PEER}`],
    line: /^-peer: .* cannot be dialled \(a path on a web server\)/,
  },
  {
    argv: ['-listen', '/ip4/127.0.0.1/tcp/0', '-listen', '/ip4/127.0.0.1/udp/0/quic'],
    line: /^-listen: \/ip4\/127.0.0.1\/udp\/0\/quic cannot be listened on \(QUIC\): it must be a tcp, ws/,
  },
  { argv: ['-announce', 'relay.example'], line: /^-announce: "relay.example" is not a multiaddr/ },
  {
    argv: ['-announce', '/ip4/0.0.0.0/tcp/1/ws'],
    line: /^-announce: \/ip4\/0.0.0.0\/tcp\/1\/ws cannot be announced: nobody can be reached/,
  },
  { argv: ['-announce', '/ip4/192.0.2.1/tcp/0'], line: /^-announce: .* nobody can be reached at port 0/ },
  {
    argv: ['-announce', '/dns4/a.example/udp/1'],
    line: /^-announce: .* it must be a tcp, ws, wss or webrtc-direct address/,
  },
  {
    argv: ['-announce', '/dns4/a.example/tcp/1/p2p/12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'],
    line: /^-announce: .* leave out \/p2p\/…, because the peer adds its own ID/,
  },
  {
    argv: ['-autotls', '-listen', '/ip4/0.0.0.0/tcp/0'],
    line: /^-autotls needs a WebSocket address: add a -listen address ending in \/ws/,
  },
  { argv: ['-relay', '-relayduration', 'long'], line: /^invalid value "long" for flag -relayduration/ },
  { argv: ['-relayreservations', '5'], line: /^-relayreservations has no effect without -relay/ },
])('$argv is an invalid command line, with one line of error and exit code 2', async ({ argv, line }) => {
  const { code, stdout, stderr } = await run(argv)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^libp2p-websocket: [^\n]+\n$/)
  if (typeof line === 'string') expect(stderr).toBe(`libp2p-websocket: ${line}\n`)
  else expect(stderr.slice('libp2p-websocket: '.length)).toMatch(line)
})

test.each([
  { what: 'a missing directory', argv: ['-files', '/none/such'], line: 'no such directory: /none/such' },
  {
    what: 'a bad key',
    argv: ['-key', 'bm9uZQ=='],
    line: '-key: the key is not base64 of a libp2p private key',
  },
  {
    what: 'an address of another machine',
    argv: ['-addr', '192.0.2.254'],
    line: 'cannot listen on 192.0.2.254',
  },
])('$what is reported in one line, with exit code 1', async ({ argv, line }) => {
  const { code, stdout, stderr } = await run(['-port', '0', ...argv])
  expect({ code, stdout: stdout.replace('stopping\n', '') }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^libp2p-websocket: [^\n]+\n$/)
  expect(stderr).toContain(line)
  expect(stderr).not.toContain('bm9uZQ')
})

test('a port in use is reported in one line, with exit code 1', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve)
  })
  const { port } = other.address() as AddressInfo
  const { code, stderr } = await run(['-port', String(port)])
  other.close()
  expect(code).toBe(1)
  expect(stderr).toBe(
    `libp2p-websocket: cannot listen on 127.0.0.1, port ${port}: another program is listening there; choose another port with -port\n`,
  )
})

test('a peer that cannot start is reported in one line, with exit code 1', async () => {
  const { code, stdout, stderr } = await run(['-port', '0', '-start'], { RELAY: 'fail' })
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: 'stopping\n',
    stderr: 'libp2p-websocket: the peer cannot run for some reason\n',
  })
})

test('an invalid key file is reported and not changed, and nothing starts', async () => {
  const path = join(home, '.config/libp2p-websocket/key')
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  await writeFile(path, 'half a key', { mode: 0o600 })
  const { code, stdout, stderr } = await run(['-port', '0'])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain(path)
  expect(stderr).not.toContain('half a key')
  expect(await readFile(path, 'utf8')).toBe('half a key')
})

test('the mode of a key file that others can read is narrowed with a warning', async () => {
  const path = join(home, 'xdg/libp2p-websocket/key')
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  const key = await newKey()
  await writeFile(path, key)
  await chmod(path, 0o666)
  const running = start(['-port', '0'], { XDG_CONFIG_HOME: join(home, 'xdg') })
  await running.listening()
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(running.stderr).toBe(
    `libp2p-websocket: other users could read the key file ${path}; its mode has been changed to 600\n`,
  )
  expect(running.stderr).not.toContain(key)
})

test('a signal ends it even while its peer is starting', async () => {
  const running = start(['-port', '0', '-start'], { RELAY: 'hang' })
  await until('the peer to be starting', () => running.stdout === 'starting\n')
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(0)
  expect(running.stdout).toBe('starting\nstopping\n')
})

test('it exits with a warning within five seconds if the relay does not stop', async () => {
  const running = start(['-port', '0'], { RELAY: 'never-stop' })
  await running.listening()
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(1)
  expect(STOP_TIMEOUT_MS).toBeLessThan(5000)
  expect(running.stderr).toBe('libp2p-websocket: not everything stopped within 4500 ms: exiting anyway\n')
})

test('a second signal ends it immediately', async () => {
  const running = start(['-port', '0'], { RELAY: 'never-stop' })
  await running.listening()
  running.child.kill('SIGTERM')
  await until('it to be stopping', () => running.stdout.endsWith('stopping\n'))
  running.child.kill('SIGINT')
  expect(await running.ended).toBe(130)
})

test('a failure while stopping is reported, with exit code 1', async () => {
  const running = start(['-port', '0'], { RELAY: 'fail-stop' })
  await running.listening()
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(1)
  expect(running.stderr).toBe('libp2p-websocket: it did not stop cleanly: it would not stop\n')
})

test('-browse opens the browser at the given page', async () => {
  const seen = join(home, 'seen')
  const browser = join(home, 'browser')
  await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > '${seen}.tmp' && mv '${seen}.tmp' '${seen}'\n`, {
    mode: 0o755,
  })
  const running = start(['-port', '0', '-browse', 'examples/chat.html?x=1'], { BROWSER: browser })
  const port = await running.listening()
  const url = await until('the browser', () =>
    readFile(seen, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    }),
  )
  expect(url).toBe(`http://localhost:${port}/examples/chat.html?x=1`)
  expect(running.stderr).toBe('')
})

test('a browser that cannot be opened is a one-line warning, and the server keeps running', async () => {
  const running = start(['-port', '0', '-browse', 'x.html'], { BROWSER: join(home, 'none') })
  const port = await running.listening()
  await until('the warning', () => running.stderr.endsWith('\n'))
  expect(running.stderr).toMatch(/^libp2p-websocket: cannot open x\.html in a browser: [^\n]+\n$/)
  expect((await get(port, '/')).status).toBe(200)
})

test('-browse accepts only http and https', async () => {
  for (const page of ['file:///etc/passwd', 'javascript:alert(1)', 'mailto:a@b.example']) {
    const running = start(['-port', '0', '-browse', page])
    await until('the warning', () => running.stderr.endsWith('\n'))
    expect(running.stderr).toContain('it must be a path or an http(s) URL')
    running.child.kill()
    await running.ended
  }
})
