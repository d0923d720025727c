import { once } from 'node:events'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { DEFAULT_MAX_FRAGMENTS, DEFAULT_MAX_PAYLOAD_BYTES } from '../../src/node/http/control-endpoint.ts'
import type { Server, ServerInit } from '../../src/node/index.ts'
import { DEFAULT_HIGH_WATER_BYTES } from '../../src/node/http/ws-control-socket.ts'
import { ADMIN_PROTOCOL } from '../../src/admin/index.ts'
import { SUBPROTOCOL } from '../../src/protocol/index.ts'
import { until } from '../support/until.ts'
import type { SeeingCore } from './support/client.ts'
import { openClient, openPair, startSeeing } from './support/client.ts'
import { raw, upgradeRequest } from './support/raw.ts'

let server: Server
let core: SeeingCore
let warnings: string[]

async function start(init: Partial<ServerInit> = {}): Promise<void> {
  await server?.close()
  ;({ server, core, warnings } = await startSeeing(init))
}

beforeEach(() => start())

afterEach(async () => {
  await server.close()
})

const bytes = (...values: number[]) => Uint8Array.from(values)

test('binary, text and empty messages go both ways', async () => {
  const { client, seen } = await openPair(server, core)
  client.socket.send(bytes(1, 2, 3))
  client.socket.send('text ✓')
  client.socket.send(bytes())
  await until('three messages', () => seen.messages.length === 3)
  expect(seen.messages).toEqual([bytes(1, 2, 3), 'text ✓', bytes()])
  expect(seen.control.send(bytes(9))).toBe(true)
  expect(seen.control.send(bytes())).toBe(true)
  await until('two messages', () => client.messages.length === 2)
  expect(Buffer.concat(client.messages)).toEqual(Buffer.from([9]))
})

test('the largest message is delivered whole, and one byte more closes only its own client, with 1009', async () => {
  const { client: other, seen: otherSeen } = await openPair(server, core)
  const { client, seen } = await openPair(server, core)
  const large = new Uint8Array(DEFAULT_MAX_PAYLOAD_BYTES).fill(7)
  client.socket.send(large)
  await until('the greatest message', () => seen.messages.length === 1)
  expect(Buffer.compare(seen.messages[0] as Uint8Array, large)).toBe(0)

  client.socket.send(new Uint8Array(DEFAULT_MAX_PAYLOAD_BYTES + 1))
  expect((await client.closed).code).toBe(1009)
  await until('the core to see the end', () => seen.closes === 1)
  expect(seen.messages).toHaveLength(1)

  other.socket.send(bytes(5))
  await until("the other client's message", () => otherSeen.messages.length === 1)
  expect(otherSeen.closes).toBe(0)
})

test('a message whose header announces too many bytes is refused before the bytes arrive', async () => {
  // A binary frame of 2^40 bytes, masked, without its payload.
  const frame = Buffer.from([0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  const answer = await raw(server.port, Buffer.concat([Buffer.from(upgradeRequest(server.port, [])), frame]))
  // 0x88 0x02: a close frame with a code, 1009.
  expect(answer.text).toContain('\u0088\u0002\u0003\u00f1')
  await until('the core to see the end', () => core.clients[0]?.closes === 1)
})

test('fragments are joined, and a flood of them closes only its own client, with 1008', async () => {
  const { seen: otherSeen, client: other } = await openPair(server, core)
  const { client, seen } = await openPair(server, core)
  client.socket.send(bytes(1), { fin: false })
  client.socket.send(bytes(2), { fin: false })
  client.socket.send(bytes(3), { fin: true })
  await until('one message', () => seen.messages.length === 1)
  expect(seen.messages[0]).toEqual(bytes(1, 2, 3))

  for (let count = 0; count <= DEFAULT_MAX_FRAGMENTS; count++) client.socket.send(bytes(), { fin: false })
  expect((await client.closed).code).toBe(1008)
  await until('the core to see the end', () => seen.closes === 1)

  other.socket.send(bytes(5))
  await until("the other client's message", () => otherSeen.messages.length === 1)
})

test('compression is not negotiated, whatever the client offers', async () => {
  const { client } = await openPair(server, core, { perMessageDeflate: true })
  expect(client.socket.extensions).toBe('')
})

test('no subprotocol is chosen, so a client that requires one does not connect', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/libp2p`, ['unknown'])
  const error = await new Promise<Error>((resolve) => {
    socket.on('error', resolve)
  })
  expect(error.message).toBe('Server sent no subprotocol')
})

test.each([
  { offered: [], chosen: '', subprotocol: '' },
  { offered: [SUBPROTOCOL], chosen: SUBPROTOCOL, subprotocol: SUBPROTOCOL },
  { offered: ['unknown', SUBPROTOCOL], chosen: SUBPROTOCOL, subprotocol: SUBPROTOCOL },
  { offered: [SUBPROTOCOL, ADMIN_PROTOCOL], chosen: ADMIN_PROTOCOL, subprotocol: '' },
])('of $offered, "$chosen" is chosen', async ({ offered, chosen, subprotocol }) => {
  const { socket } = await openClient(server, {}, offered)
  expect(socket.protocol).toBe(chosen)
  expect(core.clients.map((client) => client.subprotocol)).toEqual([subprotocol])
})

test('the admin subprotocol is only for this machine, and a page of another site is refused with that reason', async () => {
  const { socket } = await openClient(server, {}, [ADMIN_PROTOCOL])
  expect(socket.protocol).toBe(ADMIN_PROTOCOL)
  expect(core.clients.map(({ isAdmin }) => isAdmin)).toEqual([true])
  await start({ origins: ['https://elsewhere.example'] })
  const foreign = await openClient(server, { origin: 'https://elsewhere.example' }, [ADMIN_PROTOCOL])
  expect(await foreign.closed).toEqual({
    code: 1008,
    reason: 'only pages and programs on this machine may inspect the peer',
  })
  expect(core.clients).toEqual([])
})

test.each([
  { what: 'no mask', frame: [0x82, 0x01, 0x00], code: 1002 },
  { what: 'an unknown opcode', frame: [0x83, 0x80, 0, 0, 0, 0], code: 1002 },
  { what: 'reserved bits', frame: [0xf2, 0x80, 0, 0, 0, 0], code: 1002 },
  { what: 'a continuation of nothing', frame: [0x80, 0x80, 0, 0, 0, 0], code: 1002 },
  { what: 'text that is not UTF-8', frame: [0x81, 0x81, 0, 0, 0, 0, 0xff], code: 1007 },
])('a frame with $what closes its client with $code', async ({ frame, code }) => {
  const { client: other, seen: otherSeen } = await openPair(server, core)
  const request = Buffer.from(upgradeRequest(server.port, []))
  const answer = await raw(server.port, Buffer.concat([request, Buffer.from(frame)]))
  expect(answer.text).toContain(`\u0088\u0002${String.fromCharCode(code >> 8, code & 255)}`)
  await until('the core to see the end', () => core.clients[1]?.closes === 1)
  other.socket.send(bytes(1))
  await until("the other client's message", () => otherSeen.messages.length === 1)
})

test('send returns false for a client that does not read, and drain follows once it reads', async () => {
  const { client, seen } = await openPair(server, core)
  client.socket.pause()
  const message = () => new Uint8Array(65_536)
  let sent = 0
  // The kernel buffers some megabytes before anything waits here.
  while (seen.control.send(message())) {
    sent += 1
    if (sent > 10_000) throw new Error('send gave true 10000 times')
    await new Promise((resolve) => setImmediate(resolve))
  }
  sent += 1
  expect(sent * 65_536).toBeGreaterThan(DEFAULT_HIGH_WATER_BYTES)
  expect(seen.control.send(message())).toBe(false)
  sent += 1
  expect(seen.drains).toBe(0)

  client.socket.resume()
  await until('a drain', () => seen.drains > 0)
  expect(seen.control.send(message())).toBe(true)
  await until('every message', () => client.messages.length === sent + 1)
  expect(seen.drains).toBe(1)
})

test('a core that ignores the result of send is limited: its client is dropped', async () => {
  await start({ maxBufferedBytes: 2_000_000 })
  const { client, seen } = await openPair(server, core)
  client.socket.pause()
  await until('the client to be dropped', () => {
    seen.control.send(new Uint8Array(500_000))
    return seen.closes === 1
  })
  expect(warnings).toEqual(['a client was dropped: it left more than 2000000 bytes unread'])
  expect(seen.control.send(bytes(1))).toBe(true)
})

test('nothing is delivered while a client is paused, and everything in order once it is resumed', async () => {
  const { client, seen } = await openPair(server, core)
  // Paused within the first message, so the messages behind it in the same network chunk are held.
  core.onMessage = (one) => {
    if (one.messages.length === 1) one.control.pause()
  }
  for (let value = 0; value < 200; value++) client.socket.send(bytes(value))
  await until('the first message', () => seen.messages.length === 1)
  client.socket.ping()
  await new Promise((resolve) => setImmediate(resolve))
  expect(seen.messages).toHaveLength(1)

  seen.control.resume()
  await until('all messages', () => seen.messages.length === 200)
  expect(seen.messages.map((message) => message[0])).toEqual(Array.from({ length: 200 }, (_, index) => index))
})

test('pausing slows the sender down: its data waits on its side', async () => {
  const { client, seen } = await openPair(server, core)
  seen.control.pause()
  const chunk = new Uint8Array(1_048_576)
  await until('the sender to have data waiting', async () => {
    client.socket.send(chunk)
    await new Promise((resolve) => setImmediate(resolve))
    return client.socket.bufferedAmount > 4 * chunk.length
  })
  expect(seen.messages).toHaveLength(0)
  seen.control.resume()
  await until("the sender's buffer to be empty", () => client.socket.bufferedAmount === 0)
})

test('resuming from within a message handler loses and reorders nothing', async () => {
  const { client, seen } = await openPair(server, core)
  core.onMessage = (one) => {
    one.control.pause()
    if (one.messages.length % 3 === 0) one.control.resume()
    else setImmediate(() => one.control.resume())
  }
  for (let value = 0; value < 250; value++) client.socket.send(bytes(value))
  await until('all messages', () => seen.messages.length === 250)
  expect(seen.messages.map((message) => message[0])).toEqual(Array.from({ length: 250 }, (_, index) => index))
})

test('messages whose promises are pending stop the reading until they settle', async () => {
  await start({ maxUnsettledBytes: 100 })
  const { client, seen } = await openPair(server, core)
  const settle: (() => void)[] = []
  core.onMessage = () => new Promise((resolve) => settle.push(resolve))
  for (let value = 0; value < 50; value++) client.socket.send(new Uint8Array(60).fill(value))
  await until('two messages', () => seen.messages.length === 2)
  await new Promise((resolve) => setImmediate(resolve))
  expect(seen.messages).toHaveLength(2)

  core.onMessage = undefined
  for (const one of settle) one()
  await until('all messages', () => seen.messages.length === 50)
})

test('messages whose promises are pending slow the sender down', async () => {
  const { client } = await openPair(server, core)
  core.onMessage = () => new Promise(() => undefined)
  const chunk = new Uint8Array(1_048_576)
  await until('the sender to have data waiting', async () => {
    client.socket.send(chunk)
    await new Promise((resolve) => setImmediate(resolve))
    return client.socket.bufferedAmount > 4 * chunk.length
  })
})

test('a handler that throws or rejects closes only its own client', async () => {
  const { client: other, seen: otherSeen } = await openPair(server, core)
  core.onMessage = () => {
    throw new Error('thrown')
  }
  const first = await openPair(server, core)
  first.client.socket.send(bytes(1))
  expect(await first.client.closed).toEqual({ code: 1011, reason: 'the relay failed' })

  core.onMessage = () => Promise.reject(new Error('rejected'))
  const second = await openPair(server, core)
  second.client.socket.send(bytes(1))
  expect(await second.client.closed).toEqual({ code: 1011, reason: 'the relay failed' })

  core.onMessage = undefined
  other.socket.send(bytes(1))
  await until("the other client's message", () => otherSeen.messages.length === 1)
  expect(warnings).toEqual([
    "handling a client's message failed: thrown",
    "handling a client's message failed: rejected",
  ])
})

test('close delivers what was sent before, then the code and reason, and nothing after that', async () => {
  const { client, seen } = await openPair(server, core)
  seen.control.send(bytes(1))
  seen.control.close(4001, 'enough')
  expect(seen.control.send(bytes(2))).toBe(true)
  seen.control.close(4002, 'again')
  client.socket.send(bytes(3))
  expect(await client.closed).toEqual({ code: 4001, reason: 'enough' })
  expect(client.messages).toEqual([Buffer.from([1])])
  await until('the core to see the end', () => seen.closes === 1)
  expect(seen.messages).toHaveLength(0)
})

test('a paused client can be closed', async () => {
  await start({ closeTimeoutMs: 600_000 })
  const { client, seen } = await openPair(server, core)
  seen.control.pause()
  seen.control.close(1000, '')
  await until('the client to be closed', () => client.socket.readyState === WebSocket.CLOSED)
  expect((await client.closed).code).toBe(1000)
  await until('the core to see the end', () => seen.closes === 1)
})

test('what a client sent before it left is delivered, and then its end, once', async () => {
  const { client, seen } = await openPair(server, core)
  core.onMessage = (one) => one.control.pause()
  for (let value = 0; value < 10; value++) client.socket.send(bytes(value))
  client.socket.close(4000, 'bye')
  await until('the end', () => seen.closes === 1)
  expect(seen.messages.map((message) => message[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('a client that leaves without a close frame is noticed', async () => {
  const { client, seen } = await openPair(server, core)
  client.socket.terminate()
  await until('the end', () => seen.closes === 1)
  expect(server.clients).toBe(0)
})

test('a client that answers no ping is dropped; one that does is kept', async () => {
  await start({ pingIntervalMs: 20, pongTimeoutMs: 1000 })
  const { client: alive, seen: aliveSeen } = await openPair(server, core)
  let pings = 0
  alive.socket.on('ping', () => {
    pings += 1
  })
  const { client: silent, seen: silentSeen } = await openPair(server, core, { autoPong: false })
  expect((await silent.closed).code).toBe(1006)
  await until('the core to see the end', () => silentSeen.closes === 1)

  const before = pings
  await until('ten more pings', () => pings > before + 10)
  expect(aliveSeen.closes).toBe(0)
})

/**
 * A client in another thread. It answers its first ping when it is told to, and sends something at the next.
 */
const CLIENT_THREAD = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { WebSocket } = require('ws')
  const socket = new WebSocket(workerData.url, { autoPong: false })
  let isFirst = true
  socket.on('ping', () => {
    if (isFirst) {
      parentPort.postMessage('asked')
      Atomics.wait(workerData.suspended, 0, 0)
    } else {
      socket.send('still here')
    }
    isFirst = false
    socket.pong()
  })
`

test('a client that answers while this process is suspended is kept', async () => {
  await start({ pingIntervalMs: 20, pongTimeoutMs: 200 })
  const suspended = new Int32Array(new SharedArrayBuffer(4))
  const url = `ws://127.0.0.1:${server.port}/libp2p`
  const client = new Worker(CLIENT_THREAD, { eval: true, workerData: { url, suspended } })
  try {
    await once(client, 'message')
    Atomics.store(suspended, 0, 1)
    Atomics.notify(suspended, 0)
    // As after SIGSTOP and SIGCONT: nothing runs here meanwhile, and then the timeout is handled first.
    const untilMs = performance.now() + 500
    while (performance.now() < untilMs);
    await until('the client to be asked again', () => core.clients[0]?.messages.includes('still here'))
  } finally {
    await client.terminate()
  }
})

test('a client that answers no ping but sends is kept, and dropped when it falls silent', async () => {
  await start({ pingIntervalMs: 20, pongTimeoutMs: 1000 })
  const { client, seen } = await openPair(server, core, { autoPong: false })
  let pings = 0
  client.socket.on('ping', () => {
    pings += 1
    if (pings <= 3) client.socket.send(bytes(pings))
  })
  await until('the client to be dropped', () => seen.closes === 1)
  expect(seen.messages).toHaveLength(3)
})

test('a client that reads nothing is dropped, however much data waits for it', async () => {
  await start({ pingIntervalMs: 20, pongTimeoutMs: 200 })
  const { client, seen } = await openPair(server, core)
  client.socket.pause()
  while (seen.control.send(new Uint8Array(1_048_576))) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  await until('the client to be dropped', () => seen.closes === 1)
})

test("a client that we don't read from is not dropped for its silence", async () => {
  await start({ pingIntervalMs: 10, pongTimeoutMs: 20 })
  const { client, seen } = await openPair(server, core, { autoPong: false })
  seen.control.pause()
  let pings = 0
  client.socket.on('ping', () => {
    pings += 1
  })
  await until('ten pings, each of which would have been the last', () => pings > 10)
  expect(seen.closes).toBe(0)
  expect(client.socket.readyState).toBe(WebSocket.OPEN)
})

test('a client that is paused while its pong is awaited is not dropped', async () => {
  await start({ pingIntervalMs: 200, pongTimeoutMs: 150 })
  const { client, seen } = await openPair(server, core, { autoPong: false })
  let pings = 0
  client.socket.on('ping', () => {
    if (pings === 0) seen.control.pause()
    pings += 1
  })
  await until('pings long after the deadline', () => pings > 3)
  expect(seen.closes).toBe(0)
})

test('a client that leaves while it is paused is noticed by its pings', async () => {
  await start({ pingIntervalMs: 20, pongTimeoutMs: 20_000 })
  const { client, seen } = await openPair(server, core)
  seen.control.pause()
  client.socket.send(new Uint8Array(100_000))
  client.socket.terminate()
  await until('the end', () => seen.closes === 1)
})

test('the number of clients is limited, and a free slot can be taken again', async () => {
  await start({ maxClients: 3 })
  const clients = [await openClient(server), await openClient(server), await openClient(server)]
  const refused = await raw(server.port, upgradeRequest(server.port, []))
  expect(refused.status).toBe(503)
  clients[0]?.socket.close()
  await until('a free place', () => server.clients === 2)
  await openClient(server)
})

test("a core that throws when it accepts a client closes that client's connection", async () => {
  await server.close()
  let throws = true
  const told: string[] = []
  const { createServer } = await import('../../src/node/index.ts')
  server = await createServer({
    port: 0,
    warn: (line) => told.push(line),
    core: {
      accept() {
        if (throws) throw new Error('no room')
        return { message() {}, drain() {}, closed() {} }
      },
      network: () => ({}),
      status: () => ({}),
    },
  })
  const refused = await openClient(server)
  expect((await refused.closed).code).toBe(1011)
  throws = false
  const accepted = await openClient(server)
  expect(accepted.socket.readyState).toBe(WebSocket.OPEN)
  expect(told).toEqual(['a client was not accepted: no room'])
})

test('a thousand clients that come and go leave nothing behind', async () => {
  const handles = (kind: string) => process.getActiveResourcesInfo().filter((name) => name === kind).length
  const before = { connections: handles('TCPSocketWrap'), timers: handles('Timeout') }
  let open = 0
  for (let round = 0; round < 20; round++) {
    const clients = await Promise.all(Array.from({ length: 50 }, () => openClient(server)))
    open += clients.length
    for (const [index, { socket }] of clients.entries()) {
      if (index % 2 === 0) socket.close()
      else socket.terminate()
    }
    await Promise.all(clients.map(({ closed }) => closed))
  }
  await until('every client to be gone', () => core.clients.every(({ closes }) => closes === 1))
  expect(core.clients).toHaveLength(open)
  expect(server.clients).toBe(0)
  expect(warnings).toEqual([])
  // No handle of a connection is left; their timers would keep the process alive.
  await until(
    'the handles to be gone',
    () => handles('TCPSocketWrap') <= before.connections && handles('Timeout') <= before.timers + 1,
  )
})

test("closing the server closes its clients with 1001, and cuts those that don't answer", async () => {
  await start({ stopTimeoutMs: 100, closeTimeoutMs: 600_000 })
  const { client, seen } = await openPair(server, core)
  const deaf = connect(server.port, '127.0.0.1')
  deaf.write(upgradeRequest(server.port, []))
  await until('the deaf one', () => core.clients.length === 2)
  deaf.pause()
  const idle = connect(server.port, '127.0.0.1')
  idle.on('error', () => idle.destroy())
  deaf.on('error', () => deaf.destroy())
  idle.write('GET / HTTP/1.1\r\n')

  await server.close()
  expect(await client.closed).toEqual({ code: 1001, reason: 'the relay is stopping' })
  expect(seen.closes).toBe(1)
  expect(core.clients[1]?.closes).toBe(1)
  deaf.destroy()
  idle.destroy()
})

test('a client that floods gets its turn, and then the others get theirs', async () => {
  const turnBytes = 65_536
  const messageBytes = 10_000
  const messages = 2_000
  await start({ turnBytes })
  const { client, seen } = await openPair(server, core)
  let thisTurnBytes = 0
  let mostBytes = 0
  let total = 0
  core.onMessage = (_, data) => {
    if (thisTurnBytes === 0) {
      setImmediate(() => {
        thisTurnBytes = 0
      })
    }
    thisTurnBytes += data.length
    total += 1
    mostBytes = Math.max(mostBytes, thisTurnBytes)
  }
  for (let count = 0; count < messages; count++) client.socket.send(new Uint8Array(messageBytes))
  await until('the whole flood', () => total === messages)
  expect(seen.closes).toBe(0)
  // This test counts from one immediate to the next, so the ends of two turns can lie in between.
  expect(mostBytes).toBeLessThan(2 * (turnBytes + messageBytes))
})
