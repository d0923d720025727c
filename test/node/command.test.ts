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

/** Runs it to its end. */
async function run(argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const running = start(argv, env)
  const code = await running.ended
  return { code, stdout: running.stdout, stderr: running.stderr }
}

const PEER = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'
const PEER_CID = peerIdFromString(PEER).toCID().toString()
const FILE_CID = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'

const newKey = async () => formatKey(await generateKeyPair('Ed25519'))

test('its first line says where it listens; it serves site, documents and sockets there until SIGTERM', async () => {
  const running = start(['-port', '0'])
  const port = await running.listening()
  expect(await get(port, '/')).toMatchObject({ status: 200, body: 'the site' })
  expect((await get(port, '/assets/a-01234567.js')).headers.get('cache-control')).toContain('immutable')
  expect((await get(port, '/network.json')).status).toBe(200)
  expect(JSON.parse((await get(port, '/status.json')).body)).toMatchObject({
    starts: 0,
    init: { listen: [], peers: [], noPeers: false, relay: false },
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
  expect(running.stdout).toBe(`Listening on http://127.0.0.1:${port}/\nstopping\n`)
  expect(running.stderr).toBe('')
})

test('SIGINT ends it likewise, also with a connection that stands idle', async () => {
  const running = start(['-port=0'])
  const port = await running.listening()
  const response = await fetch(`http://127.0.0.1:${port}/`)
  expect(await response.text()).toBe('the site')
  running.child.kill('SIGINT')
  expect(await running.ended).toBe(0)
})

test('what it is told goes to the relay, and the peer is started at once if it is to be', async () => {
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
    relay: true,
    fakeNat: 'public',
    announce: ['/dns4/a.example/tcp/443/wss'],
    relayLimits: { circuitBytes: 1000, circuitMs: 600_000 },
    key,
  })
  running.child.kill()
  await running.ended
  expect(running.stdout + running.stderr).not.toContain(key)
})

test('an address that was copied with blanks, a line end and the ID as a CID is taken as it was meant', async () => {
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

test("directories cover one another and the site, and the user's own say so", async () => {
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

test('help goes to standard output, and the version too', async () => {
  const help = await run(['-h'])
  expect(help).toMatchObject({ code: 0, stderr: '' })
  expect(help.stdout).toContain('Usage: libp2p-websocket [flags]')
  expect(await run(['--version'])).toEqual({ code: 0, stdout: 'libp2p-websocket 1.2.3\n', stderr: '' })
})

test.each([
  { argv: ['-bogus'], line: 'unknown flag: "-bogus" (-h prints the flags)' },
  { argv: ['-port', 'x'], line: /^invalid value "x" for flag -port: .*/ },
  { argv: ['-files'], line: /^flag needs an argument: -files/ },
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
    line: /^-announce: \/ip4\/0.0.0.0\/tcp\/1\/ws cannot be announced: nobody is reached/,
  },
  { argv: ['-announce', '/ip4/192.0.2.1/tcp/0'], line: /^-announce: .* port 0 is none that can be dialled/ },
  {
    argv: ['-announce', '/dns4/a.example/udp/1'],
    line: /^-announce: .* it is none of tcp, ws, wss and webrtc-direct/,
  },
  {
    argv: ['-announce', '/dns4/a.example/tcp/1/p2p/12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'],
    line: /^-announce: .* it is without \/p2p\/…, as the peer adds its own ID/,
  },
  {
    argv: ['-autotls', '-listen', '/ip4/0.0.0.0/tcp/0'],
    line: /^-autotls is for WebSockets: no -listen ends in \/ws/,
  },
  { argv: ['-relay', '-relayduration', 'long'], line: /^invalid value "long" for flag -relayduration/ },
  { argv: ['-relayreservations', '5'], line: /^-relayreservations is a limit of -relay, which is not given/ },
])('$argv is a wrong command line: one line, and exit code 2', async ({ argv, line }) => {
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
])('$what is named in one line, and the exit code is 1', async ({ argv, line }) => {
  const { code, stdout, stderr } = await run(['-port', '0', ...argv])
  expect({ code, stdout: stdout.replace('stopping\n', '') }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^libp2p-websocket: [^\n]+\n$/)
  expect(stderr).toContain(line)
  expect(stderr).not.toContain('bm9uZQ')
})

test('a port in use is named in one line, and the exit code is 1', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve)
  })
  const { port } = other.address() as AddressInfo
  const { code, stderr } = await run(['-port', String(port)])
  other.close()
  expect(code).toBe(1)
  expect(stderr).toBe(
    `libp2p-websocket: cannot listen on 127.0.0.1, port ${port}: another program listens there\n`,
  )
})

test('a peer that cannot run is said in one line, and the exit code is 1', async () => {
  const { code, stdout, stderr } = await run(['-port', '0', '-start'], { RELAY: 'fail' })
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: 'stopping\n',
    stderr: 'libp2p-websocket: the peer cannot run for some reason\n',
  })
})

test('a key file that cannot be used is named, left as it is, and nothing starts', async () => {
  const path = join(home, '.config/libp2p-websocket/key')
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  await writeFile(path, 'half a key', { mode: 0o600 })
  const { code, stdout, stderr } = await run(['-port', '0'])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain(path)
  expect(stderr).not.toContain('half a key')
  expect(await readFile(path, 'utf8')).toBe('half a key')
})

test('a key file that others may read is narrowed, and said', async () => {
  const path = join(home, 'xdg/libp2p-websocket/key')
  await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
  const key = await newKey()
  await writeFile(path, key)
  await chmod(path, 0o666)
  const running = start(['-port', '0'], { XDG_CONFIG_HOME: join(home, 'xdg') })
  await running.listening()
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(running.stderr).toBe(
    `libp2p-websocket: others could read the key file ${path}: its mode is now 600\n`,
  )
  expect(running.stderr).not.toContain(key)
})

test('a signal ends it while its peer is still starting', async () => {
  const running = start(['-port', '0', '-start'], { RELAY: 'hang' })
  await until('the peer to be starting', () => running.stdout === 'starting\n')
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(0)
  expect(running.stdout).toBe('starting\nstopping\n')
})

test('a relay that does not end is cut off within five seconds, and that is said', async () => {
  const running = start(['-port', '0'], { RELAY: 'never-stop' })
  await running.listening()
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(1)
  expect(STOP_TIMEOUT_MS).toBeLessThan(5000)
  expect(running.stderr).toBe('libp2p-websocket: not everything ended within 4500 ms: it is cut off\n')
})

test('a second signal ends it at once', async () => {
  const running = start(['-port', '0'], { RELAY: 'never-stop' })
  await running.listening()
  running.child.kill('SIGTERM')
  await until('it to be stopping', () => running.stdout.endsWith('stopping\n'))
  running.child.kill('SIGINT')
  expect(await running.ended).toBe(130)
})

test('an end that is not clean is said, and the exit code is 1', async () => {
  const running = start(['-port', '0'], { RELAY: 'fail-stop' })
  await running.listening()
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(1)
  expect(running.stderr).toBe('libp2p-websocket: it did not end cleanly: it would not stop\n')
})

test('the browser is opened at the page that is named', async () => {
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
  expect(url).toBe(`http://127.0.0.1:${port}/examples/chat.html?x=1`)
  expect(running.stderr).toBe('')
})

test('a browser that cannot be opened is one line, and the server goes on', async () => {
  const running = start(['-port', '0', '-browse', 'x.html'], { BROWSER: join(home, 'none') })
  const port = await running.listening()
  await until('the warning', () => running.stderr.endsWith('\n'))
  expect(running.stderr).toMatch(/^libp2p-websocket: cannot open x\.html in a browser: [^\n]+\n$/)
  expect((await get(port, '/')).status).toBe(200)
})

test('only web pages are opened in a browser', async () => {
  for (const page of ['file:///etc/passwd', 'javascript:alert(1)', 'mailto:a@b.example']) {
    const running = start(['-port', '0', '-browse', page])
    await until('the warning', () => running.stderr.endsWith('\n'))
    expect(running.stderr).toContain('a page is a path or an http(s) URL')
    running.child.kill()
    await running.ended
  }
})
