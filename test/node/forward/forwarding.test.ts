import '../../support/polyfill.ts'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import type { ForwardingInit } from '../../../src/node/forward/forwarding.ts'
import { parseForward, parseTunnel } from '../../../src/node/forward/specs.ts'
import { TcpService } from '../../../src/node/forward/tcp-service.ts'
import type { NodeRelay } from '../../../src/node/peer/node-relay.ts'
import { createNodeRelay } from '../../../src/node/peer/node-relay.ts'
import type { RelayStatus, TcpServiceStatus } from '../../../src/status/index.ts'
import { startReferencePeer } from '../../support/peers.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { until } from '../../support/until.ts'

const PROTOCOL = '/x/service'
const MIB = 2 ** 20
/** Round trips of one connection in which another one that isn't held up would have moved. */
const ROUND_TRIPS = 200

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Machine {
  relay: NodeRelay
  peer: string
  /** The peer's loopback TCP address, ending in `/p2p/ID`. */
  address: string
  /** The lines on standard error. */
  warnings: string[]
}

/** A machine on which the command runs with these forwards and tunnels. */
async function startMachine(forwarding: Partial<ForwardingInit>, peers: string[] = []): Promise<Machine> {
  const warnings: string[] = []
  let key: string | undefined
  const relay = await createNodeRelay({
    version: 'test',
    listen: ['/ip4/127.0.0.1/tcp/0'],
    peers,
    noPeers: true,
    circuitRelay: true,
    keyStore: { load: async () => key, save: async (given) => (key ??= given) },
    warn: (line) => warnings.push(line),
    forwarding: { forwards: [], tunnels: [], allowed: new Set(), ...forwarding },
  })
  cleanups.push(() => relay.stop())
  await relay.start()
  const { peer } = relay.status() as RelayStatus
  const address = `${peer?.addresses[0]?.address}/p2p/${peer?.id}`
  return { relay, peer: peer?.id ?? '', address, warnings }
}

const serviceOf = (machine: Machine): TcpServiceStatus | undefined =>
  (machine.relay.status() as RelayStatus).tcp?.[0]

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Starts a TCP service. Returns its port. */
const serve = (onConnection: (socket: Socket) => void): Promise<number> =>
  listen(createServer({ allowHalfOpen: true }, onConnection))

/** Joins a local port with the TCP service at `port`, from one machine to another. */
async function joinMachines(
  port: number,
  through: (address: string) => Promise<string> = async (address) => address,
  peers: string[] = [],
) {
  const far = await startMachine(
    { forwards: [parseForward(`${PROTOCOL}=127.0.0.1:${port}`)], allowed: 'any' },
    peers,
  )
  const near = await startMachine({
    tunnels: [parseTunnel(`0=${await through(far.address)}${PROTOCOL}`)],
  })
  return { far, near, open: () => openSocket(near) }
}

/** Connects to the tunnel of a machine. */
async function openSocket(machine: Machine): Promise<Socket> {
  const port = Number(serviceOf(machine)?.endpoint.split(':').at(-1))
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => undefined)
  cleanups.push(async () => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Reads to the end of the other side's data. The socket can still be written to, unlike after iteration. */
async function bytesOf(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk)).resume()
  await once(socket, 'end')
  return Buffer.concat(chunks)
}

/** Resolves to how the socket ended: the code of its error, or `in order`. */
const endOf = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.once('close', () => resolve('in order'))
  })

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('a request and its answer pass in full, and the end of each', async () => {
  const port = await serve((socket) => {
    // Like `cat | sort`: it answers only after the end of its input.
    void bytesOf(socket).then((request) => socket.end(Buffer.from(hashOf(request))))
  })
  const { near, far, open } = await joinMachines(port)
  const request = randomBytes(5 * MIB)
  const socket = await open()
  socket.end(request)
  expect((await bytesOf(socket)).toString()).toBe(hashOf(request))
  await until('both to have no connection', () => serviceOf(near)?.open === 0 && serviceOf(far)?.open === 0)
  expect(serviceOf(near)).toMatchObject({ kind: 'tunnel', accepted: 1, failed: 0, outBytes: request.length })
  expect(serviceOf(far)).toMatchObject({ kind: 'forward', accepted: 1, failed: 0, inBytes: request.length })
})

test('an answer that is still on its way when its service has closed arrives in full', async () => {
  // Some of them end while the peer's window is full, whatever its size is.
  const answers = Array.from({ length: 36 }, (_, index) => randomBytes((index + 1) * 64 * 1024))
  let leftBytes = answers.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const waiting = [...answers]
  let closed = 0
  const port = await serve((socket) => {
    socket.resume()
    socket.on('end', () => socket.end(waiting.shift() ?? ''))
    socket.on('close', () => (closed += 1))
  })
  const far = await startMachine({
    forwards: [parseForward(`${PROTOCOL}=127.0.0.1:${port}`)],
    allowed: 'any',
  })
  // A peer without lasting streams, which doesn't read at first.
  const near = await startReferencePeer()
  cleanups.push(async () => await near.stop())
  const streams: Stream[] = []
  while (streams.length < answers.length) {
    const stream = await near.dialProtocol(multiaddr(far.address), PROTOCOL)
    stream.pause()
    await stream.close()
    streams.push(stream)
  }
  await until('some services to have closed', () => closed > 0)
  const hashes = streams.map((stream) => {
    const hash = createHash('sha256')
    stream.addEventListener('message', ({ data }) => {
      hash.update(data.subarray())
      leftBytes -= data.byteLength
    })
    stream.resume()
    return hash
  })
  await until('every byte', () => leftBytes === 0)
  const heard = hashes.map((hash) => hash.digest('hex'))
  expect(heard.sort()).toEqual(answers.map(hashOf).sort())
})

test('a service that speaks first, and ends first, is heard in full', async () => {
  const greeting = randomBytes(MIB)
  const heard: string[] = []
  const port = await serve((socket) => {
    socket.end(greeting)
    void bytesOf(socket).then((bytes) => heard.push(bytes.toString()))
  })
  const { open } = await joinMachines(port)
  const socket = await open()
  expect(hashOf(await bytesOf(socket))).toBe(hashOf(greeting))
  socket.end('and goodbye')
  await until('the goodbye', () => heard.includes('and goodbye'))
})

test.each(['the service', 'the program'] as const)(
  'a reset by %s reaches the other side as a reset',
  async (who) => {
    const served = Promise.withResolvers<Socket>()
    const port = await serve((socket) => served.resolve(socket))
    const { open } = await joinMachines(port)
    const near = await open()
    near.write('hello')
    const far = await served.promise
    await once(far, 'data')
    const [resetting, hearing] = who === 'the service' ? [far, near] : [near, far]
    const end = endOf(hearing)
    resetting.resetAndDestroy()
    expect(await end).toBe('ECONNRESET')
  },
)

test('a slow reader slows the writer down, without loss and in bounded memory', async () => {
  const total = 64 * MIB
  const served = Promise.withResolvers<Socket>()
  let connections = 0
  // The first connection isn't read. Later ones are echoed, and serve as a clock.
  const port = await serve((socket) => {
    connections += 1
    if (connections === 1) served.resolve(socket.pause())
    else socket.pipe(socket)
  })
  const { open } = await joinMachines(port)
  const near = await open()
  let written = 0
  const hash = createHash('sha256')
  const piece = randomBytes(MIB)
  const writing = (async () => {
    for (; written < total; written += piece.length) {
      hash.update(piece)
      if (!near.write(piece)) await once(near, 'drain')
    }
    near.end()
  })()
  const far = await served.promise
  const other = await open()
  let before = -1
  await until('the writer to be held up, while another connection goes on', async () => {
    before = written
    for (let trips = 0; trips < ROUND_TRIPS; trips++) {
      other.write('tick')
      await once(other, 'data')
    }
    return written === before
  })
  expect(written).toBeLessThan(40 * MIB)
  expect(hashOf(await bytesOf(far))).toBe((await writing, hash.digest('hex')))
  far.end()
})

test('a session goes on when the link between the machines is lost', async () => {
  const port = await serve((socket) => socket.pipe(socket))
  const proxies: Awaited<ReturnType<typeof startTcpProxy>>[] = []
  const { open } = await joinMachines(port, async (address) => {
    const [, , , , farPort] = address.split('/')
    const proxy = await startTcpProxy(Number(farPort))
    cleanups.push(() => proxy.close())
    proxies.push(proxy)
    return address.replace(`/tcp/${farPort}`, `/tcp/${proxy.port}`)
  })
  const socket = await open()
  socket.write('before')
  expect(String((await once(socket, 'data'))[0])).toBe('before')
  for (const proxy of proxies) proxy.reset()
  socket.write('after')
  expect(String((await once(socket, 'data'))[0])).toBe('after')
})

test('two machines that can only be reached through a circuit relay are joined', async () => {
  const circuitRelay = await startMachine({})
  const port = await serve((socket) => socket.pipe(socket))
  const { near } = await joinMachines(
    port,
    async (address) => {
      const peer = address.split('/p2p/')[1]
      return `${circuitRelay.address}/p2p-circuit/p2p/${peer}`
    },
    [circuitRelay.address],
  )
  const bytes = randomBytes(2 * MIB)
  const socket = await openSocket(near)
  socket.end(bytes)
  expect(hashOf(await bytesOf(socket))).toBe(hashOf(bytes))
})

test('a service that refuses resets the connection, and says so once', async () => {
  const { far, near, open } = await joinMachines(await unusedPort())
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(await endOf(await open())).toBe('ECONNRESET')
  }
  await until('both failures', () => serviceOf(near)?.failed === 2)
  expect(serviceOf(far)?.lastFailure).toContain('ECONNREFUSED')
  expect(far.warnings).toEqual([expect.stringContaining(`-forward ${PROTOCOL}=127.0.0.1:`)])
})

test('a peer that is not allowed is refused before the service hears of it', async () => {
  let connections = 0
  const port = await serve(() => (connections += 1))
  const far = await startMachine({ forwards: [parseForward(`${PROTOCOL}=127.0.0.1:${port}`)] })
  const near = await startMachine({ tunnels: [parseTunnel(`0=${far.address}${PROTOCOL}`)] })
  expect(await endOf(await openSocket(near))).toBe('ECONNRESET')
  expect(connections).toBe(0)
  expect(serviceOf(far)).toMatchObject({ accepted: 0, failed: 1 })
  expect(far.warnings).toEqual([expect.stringContaining(`refused ${near.peer}: it is not among the peers`)])
})

test('strangers cannot fill the log', () => {
  const lines: string[] = []
  const service = new TcpService({ kind: 'forward', protocol: PROTOCOL, endpoint: 'h:1' }, (line) =>
    lines.push(line),
  )
  for (let stranger = 0; stranger < 100; stranger++) service.failed(`refused stranger ${stranger}`)
  expect(lines).toEqual([`-forward ${PROTOCOL}=h:1: refused stranger 0`])
  expect(service.status).toMatchObject({ failed: 100, lastFailure: 'refused stranger 99' })
})

test('a peer that does not serve the protocol, or is away, is named in the reason', async () => {
  const far = await startMachine({})
  const near = await startMachine({ tunnels: [parseTunnel(`0=${far.address}${PROTOCOL}`)] })
  expect(await endOf(await openSocket(near))).toBe('ECONNRESET')
  expect(serviceOf(near)?.lastFailure).toContain(`does not serve ${PROTOCOL}`)
  await far.relay.stop()
  expect(await endOf(await openSocket(near))).toBe('ECONNRESET')
  await until('the second failure', () => serviceOf(near)?.failed === 2)
  expect(serviceOf(near)?.lastFailure).toContain(far.peer)
})

/** A port on which nothing listens. */
async function unusedPort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
