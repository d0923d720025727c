import '../../support/polyfill.ts'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { get } from '../support/raw.ts'
import type { BundledCommand } from '../support/command-process.ts'
import { bundleCommand, startCommand } from '../support/command-process.ts'

const LOCAL = ['-nopeers', '-listen=/ip4/127.0.0.1/tcp/0']
const PROTOCOL = '/x/service'

let command: BundledCommand
const cleanups: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  command = await bundleCommand('src/node/main.ts')
})

afterAll(async () => {
  await command.remove()
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A directory for the identity of one machine. */
async function newHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'pipe-'))
  cleanups.push(() => rm(home, { recursive: true, force: true }))
  return home
}

/** Starts the command as a server. Returns its port, and what its peer's address is. */
async function startServer(...flags: string[]): Promise<{ port: number; address: string }> {
  const server = startCommand(command.path, ['-port=0', '-start', ...LOCAL, ...flags], {
    HOME: await newHome(),
  })
  cleanups.push(async () => {
    server.child.kill('SIGKILL')
    await server.ended
  })
  const port = await server.listening()
  const { peer } = JSON.parse((await get(port, '/status.json')).body) as {
    peer: { id: string; addresses: { address: string }[] }
  }
  return { port, address: `${peer.addresses[0]?.address}/p2p/${peer.id}` }
}

/** Starts a TCP service and forwards a protocol to it. Returns the address of the peer that offers it. */
async function offer(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(async () => server.close())
  const { port } = server.address() as AddressInfo
  return (await startServer(`-forward=${PROTOCOL}=127.0.0.1:${port}`, '-allow=any')).address
}

/** Runs `-pipe`. By default no relay runs on this machine. */
async function runPipe(target: string, protocol = PROTOCOL, port = 0) {
  const argv = [command.path, `-port=${port}`, ...LOCAL, '-pipe', target, protocol]
  const child: ChildProcess = spawn(process.execPath, argv, {
    env: { PATH: process.env['PATH'], HOME: await newHome() },
  })
  const { stdin, stdout, stderr } = child
  if (stdin === null || stdout === null || stderr === null) throw new Error('no standard streams')
  const ended = once(child, 'close').then(([code]: unknown[]) => code)
  cleanups.push(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, stdin, stdout, stderr: text(stderr), ended }
}

test('standard input reaches the service, and its answer standard output, each to its end', async () => {
  const request = randomBytes(5 * 2 ** 20)
  const address = await offer((socket) => {
    // It answers only after the end of its input.
    const hash = createHash('sha256')
    socket.on('data', (chunk) => hash.update(chunk))
    socket.on('end', () => socket.end(hash.digest()))
  })
  const { stdin, stdout, stderr, ended } = await runPipe(address)
  stdin.end(request)
  expect(await buffer(stdout)).toEqual(createHash('sha256').update(request).digest())
  expect(await ended).toBe(0)
  expect(await stderr).toBe('')
})

test('a relay that runs on this machine is used', async () => {
  const address = await offer((socket) => socket.pipe(socket))
  const { port } = await startServer()
  const { stdin, stdout, ended } = await runPipe(address, PROTOCOL, port)
  stdin.write('hello')
  expect(String((await once(stdout, 'data'))[0])).toBe('hello')
  const { clients } = JSON.parse((await get(port, '/status.json')).body) as { clients: unknown[] }
  expect(clients).toHaveLength(1)
  stdin.end()
  expect(await ended).toBe(0)
})

test('a reset by the service, and a protocol that the peer does not serve, are failures in one line', async () => {
  const address = await offer((socket) => socket.resetAndDestroy())
  const reset = await runPipe(address)
  expect(await reset.ended).toBe(1)
  expect(await reset.stderr).toMatch(/^libp2p-websocket: the stream ended early: .+\n$/u)
  const unserved = await runPipe(address, '/x/other')
  expect(await unserved.ended).toBe(1)
  expect(await unserved.stderr).toMatch(/^libp2p-websocket: .+ does not serve \/x\/other\n$/u)
})

test('a signal resets the stream', async () => {
  const served = Promise.withResolvers<Socket>()
  const address = await offer((socket) => served.resolve(socket))
  const { child, stdin, ended } = await runPipe(address)
  stdin.write('hello')
  const socket = await served.promise
  const end = new Promise((resolve) => socket.once('error', resolve))
  child.kill('SIGTERM')
  expect(await end).toMatchObject({ code: 'ECONNRESET' })
  expect(await ended).toBe(143)
})
