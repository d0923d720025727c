import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import { WsControlSocket } from '../../src/node/http/ws-control-socket.ts'
import type { Relay } from '../../src/relay/index.ts'
import { createWebSocketConstructor } from '../../src/websocket/index.ts'
import type { AcceptedWebSocket } from '../../src/websocket/index.ts'
import { Recorder, chooseProtocol } from '../../src/admin/index.ts'
import type { Subprotocol } from '../../src/protocol/index.ts'
import { acceptControlSocket } from '../../src/worker/port-control-socket.ts'
import type { ClientSocket, ClientSocketEvents } from './relay-client.ts'

/** A way to reach a relay; the relay's suite is run over each. */
export interface Host {
  name: string
  /** Whether it accepts clients that may not have the key. */
  admitsForeign: boolean
  /** Whether a client can stop reading without blocking its thread. */
  canStopReading: boolean
  serve(relay: Relay): Promise<ServedRelay>
}

/** How a client of a test connects. */
export interface ConnectOptions {
  mayHaveKey?: boolean
  /** What the client offers; default the protocol of 2020. */
  subprotocol?: Subprotocol
}

export interface ServedRelay {
  /** The URL of its WebSocket, if this process can reach one. */
  url?: string
  connect(events: ClientSocketEvents, options?: ConnectOptions): Promise<ClientSocket>
  close(): Promise<void>
}

/** Real WebSockets on loopback, as the Node build serves them. */
export const wsHost: Host = {
  name: 'ws',
  admitsForeign: true,
  canStopReading: true,
  async serve(relay) {
    const server = createServer()
    const sockets = new WebSocketServer({
      server,
      perMessageDeflate: false,
      handleProtocols: (offered) => chooseProtocol(offered).name || false,
    })
    sockets.on('connection', (socket, request) => {
      const controlSocket = new WsControlSocket(socket, { warn: (line) => console.warn(line) })
      const { subprotocol } = chooseProtocol([socket.protocol])
      controlSocket.attach(relay.accept(controlSocket, { mayHaveKey: request.url !== '/nokey', subprotocol }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return {
      url: `ws://127.0.0.1:${port}/`,
      async connect(events, { mayHaveKey = true, subprotocol = '' } = {}) {
        const url = `ws://127.0.0.1:${port}/${mayHaveKey ? '' : 'nokey'}`
        const socket = new WebSocket(url, subprotocol === '' ? [] : [subprotocol])
        socket.binaryType = 'arraybuffer'
        socket.on('message', (data) => events.message(new Uint8Array(data as ArrayBuffer)))
        socket.on('close', (code) => events.closed(code))
        await new Promise<void>((resolve, reject) => {
          socket.once('open', resolve)
          socket.once('error', reject)
        })
        return {
          send: (bytes) => socket.send(bytes),
          get bufferedAmount() {
            return socket.bufferedAmount
          },
          close: () => socket.close(),
          cut: () => socket.terminate(),
          pause: () => socket.pause(),
          resume: () => socket.resume(),
        }
      },
      async close() {
        for (const socket of sockets.clients) socket.terminate()
        await new Promise<void>((resolve) => server.close(() => resolve()))
      },
    }
  },
}

/** HTML's CloseEvent, which Node has only since version 23. */
export class TestCloseEvent extends Event {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean

  constructor(type: string, init: CloseEventInit = {}) {
    super(type)
    this.code = init.code ?? 0
    this.reason = init.reason ?? ''
    this.wasClean = init.wasClean ?? false
  }
}

/**
 * Stands in for the browser's own class, which is never constructed because all URLs are ours. Its members
 * are those of `ws`: Node asks the class, not the object, whether it is an EventTarget.
 */
export class NativeWebSocket extends EventTarget {}
for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(WebSocket.prototype))) {
  if (!(name in NativeWebSocket.prototype)) Object.defineProperty(NativeWebSocket.prototype, name, member)
}

/**
 * A MessagePort, as the SharedWorker serves it: the page's own class at one end, the worker's adapter at the
 * other.
 */
export const portHost: Host = {
  name: 'MessagePort',
  admitsForeign: false,
  canStopReading: false,
  async serve(relay) {
    Object.assign(globalThis, { CloseEvent: globalThis.CloseEvent ?? TestCloseEvent })
    const accepted = new Set<AcceptedWebSocket>()
    const recorder = new Recorder()
    recorder.record(true)
    const { WebSocket: PageWebSocket } = createWebSocketConstructor({
      native: NativeWebSocket as unknown as typeof globalThis.WebSocket,
      owns: () => true,
      baseUrl: () => 'http://localhost/',
      open: (_, port) => {
        const socket = acceptControlSocket(
          port,
          {
            // As in the worker. The recorder must not change the messages that pass through it.
            relay: (socket, subprotocol) =>
              recorder.tap(socket, 'test', (tapped) =>
                relay.accept(tapped, { mayHaveKey: true, subprotocol }),
              ),
            admin: () => {
              throw new Error('this host has no admin endpoint')
            },
            ready: undefined,
          },
          () => accepted.delete(socket),
        )
        accepted.add(socket)
      },
    })
    return {
      async connect(events, { subprotocol = '' } = {}) {
        const before = new Set(accepted)
        const socket = new PageWebSocket('/libp2p', subprotocol === '' ? [] : [subprotocol])
        const other = [...accepted].find((one) => !before.has(one))
        socket.binaryType = 'arraybuffer'
        socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
          events.message(new Uint8Array(data))
        })
        socket.addEventListener('close', ({ code }) => events.closed(code))
        await new Promise<void>((resolve, reject) => {
          socket.addEventListener('open', () => resolve())
          socket.addEventListener('error', () => reject(new Error('the socket failed')))
        })
        return {
          send: (bytes) => socket.send(bytes),
          get bufferedAmount() {
            return socket.bufferedAmount
          },
          close: () => socket.close(),
          // As the worker does when a tab's lock is released.
          cut: () => other?.drop(),
        }
      },
      async close() {
        for (const socket of accepted) socket.drop()
      },
    }
  },
}
