import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocket as WsWebSocket, WebSocketServer } from 'ws'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { serveByNative } from '../../src/page/serve-by-native.ts'
import { createWebSocketConstructor } from '../../src/websocket/index.ts'
import { NativeWebSocket, TestCloseEvent } from '../support/hosts.ts'
import { until } from '../support/until.ts'

Object.assign(globalThis, { CloseEvent: globalThis.CloseEvent ?? TestCloseEvent })

let server: WebSocketServer
let url: string

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'second' })
  await once(server, 'listening')
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/libp2p`
})

afterEach(() => {
  for (const socket of server.clients) socket.terminate()
  server.close()
})

/** Unlike a browser's, a socket of `ws` ends the process by an error that nobody listens for. */
class QuietWebSocket extends WsWebSocket {
  constructor(address: string, protocols: string[]) {
    super(address, protocols)
    this.on('error', (error) => expect(error).toBeInstanceOf(Error))
  }
}

/** A page's class whose sockets are served by those of `ws`, which stands where a browser has its own. */
const { WebSocket } = createWebSocketConstructor({
  native: NativeWebSocket as unknown as typeof globalThis.WebSocket,
  owns: () => true,
  baseUrl: () => 'http://localhost/',
  open: (_, port) => serveByNative(port, QuietWebSocket as unknown as typeof globalThis.WebSocket),
})

interface Ends {
  events: string[]
  socket: WebSocket
}

function open(to = url): Ends {
  const socket = new WebSocket(to, ['first', 'second'])
  socket.binaryType = 'arraybuffer'
  const events: string[] = []
  socket.addEventListener('open', () => events.push(`open ${socket.protocol}`))
  socket.addEventListener('error', () => events.push('error'))
  socket.addEventListener('message', ({ data }: MessageEvent<unknown>) =>
    events.push(typeof data === 'string' ? data : `${(data as ArrayBuffer).byteLength} bytes`),
  )
  socket.addEventListener('close', ({ code, reason, wasClean }) =>
    events.push(`close ${code} ${reason} ${wasClean}`),
  )
  return { events, socket }
}

async function accepted(): Promise<WsWebSocket> {
  const [socket] = (await once(server, 'connection')) as [WsWebSocket]
  return socket
}

test('a socket has the protocol, messages and end that its server chooses', async () => {
  const { events, socket } = open()
  const far = await accepted()
  far.on('message', (data, isBinary) => far.send(data, { binary: isBinary }))
  await until('the opening', () => events.length === 1)
  socket.send('text')
  socket.send(new Uint8Array(5_000_000))
  socket.send(new Uint8Array(3))
  await until('the echoes', () => events.length === 4)
  far.close(3001, 'bye')
  await until('the end', () => events.length === 5)
  expect(events).toEqual(['open second', 'text', '5000000 bytes', '3 bytes', 'close 3001 bye true'])
})

test('a socket that its page closes is closed at the server, behind everything that was sent', async () => {
  const { events, socket } = open()
  const far = await accepted()
  const heard: string[] = []
  far.on('message', (data: Buffer) => heard.push(`${data.byteLength} bytes`))
  far.on('close', (code, reason) => heard.push(`close ${code} ${String(reason)}`))
  await until('the opening', () => events.length === 1)
  for (let sent = 0; sent < 5; sent++) socket.send(new Uint8Array(1_000_000))
  socket.close(3000, 'done')
  await until('the end', () => events.length === 2 && heard.length === 6)
  expect(heard).toEqual([...Array<string>(5).fill('1000000 bytes'), 'close 3000 done'])
  expect(events[1]).toBe('close 3000 done true')
})

test('a socket whose server is not there, or gone, fails', async () => {
  const refused = open('ws://127.0.0.1:1/libp2p')
  await until('the refusal', () => refused.events.length === 2)
  expect(refused.events).toEqual(['error', 'close 1006  false'])
  const { events } = open()
  const far = await accepted()
  await until('the opening', () => events.length === 1)
  far.terminate()
  await until('the end', () => events.length === 2)
  expect(events).toEqual(['open second', 'close 1006  false'])
})

test('a socket whose page gives it up while it opens leaves nothing at the server', async () => {
  const { events, socket } = open()
  socket.close()
  await until('the end', () => events.length === 2)
  expect(events).toEqual(['error', 'close 1006  false'])
  await until('the server to have no clients', () => server.clients.size === 0)
})

test('what a server does not read counts in bufferedAmount, and is held back', async () => {
  const { events, socket } = open()
  const far = await accepted()
  far.pause()
  await until('the opening', () => events.length === 1)
  for (let sent = 0; sent < 40; sent++) socket.send(new Uint8Array(1_000_000))
  let heard = 0
  far.on('message', (data: Buffer) => {
    heard += data.byteLength
  })
  await until('some of it to leave', () => socket.bufferedAmount < 40_000_000)
  expect(socket.bufferedAmount).toBeGreaterThan(10_000_000)
  far.resume()
  await until('all of it', () => heard === 40_000_000 && socket.bufferedAmount === 0)
})
