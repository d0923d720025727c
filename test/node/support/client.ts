import { once } from 'node:events'
import type { ClientOptions } from 'ws'
import { WebSocket } from 'ws'
import type { ControlSocket, ControlSocketHandlers, Server, ServerInit } from '../../../src/node/index.ts'
import { createServer } from '../../../src/node/index.ts'
import type { Subprotocol } from '../../../src/protocol/index.ts'
import { until } from '../../support/until.ts'

/** An open `ws` client of `/libp2p`. What it receives is kept in `messages`. */
export interface TestClient {
  socket: WebSocket
  messages: Buffer[]
  /** The code and reason of its end, once it has ended. */
  closed: Promise<{ code: number; reason: string }>
}

export async function openClient(
  server: Server,
  options: ClientOptions = {},
  protocols: string[] = [],
): Promise<TestClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/libp2p`, protocols, options)
  const messages: Buffer[] = []
  socket.on('message', (data: Buffer) => messages.push(data))
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  socket.on('error', () => socket.terminate())
  await once(socket, 'open')
  return { socket, messages, closed }
}

/** One client as the core of {@link openPair} sees it: its control socket, and every call of its handlers. */
export interface SeenClient {
  isAdmin: boolean
  subprotocol: Subprotocol | undefined
  control: ControlSocket
  messages: (Uint8Array | string)[]
  drains: number
  closes: number
}

/** The core behind a server in a test: it records everything. */
export interface SeeingCore {
  clients: SeenClient[]
  /** Replaces the message handler; by default messages are recorded. */
  onMessage: ((client: SeenClient, data: Uint8Array | string) => void | Promise<void>) | undefined
}

export async function startSeeing(
  init: Partial<ServerInit> = {},
): Promise<{ server: Server; core: SeeingCore; warnings: string[] }> {
  const core: SeeingCore = { clients: [], onMessage: undefined }
  const warnings: string[] = []
  const server = await createServer({
    port: 0,
    warn: (line) => warnings.push(line),
    ...init,
    core: {
      accept(control, { isAdmin, subprotocol }): ControlSocketHandlers {
        const client: SeenClient = { isAdmin, subprotocol, control, messages: [], drains: 0, closes: 0 }
        core.clients.push(client)
        return {
          message(data) {
            client.messages.push(typeof data === 'string' ? data : Uint8Array.from(data))
            return core.onMessage?.(client, data)
          },
          drain() {
            client.drains += 1
          },
          closed() {
            client.closes += 1
          },
        }
      },
      network: () => ({}),
      status: () => ({}),
    },
  })
  return { server, core, warnings }
}

/** A client, and what the core sees of it. */
export async function openPair(
  server: Server,
  core: SeeingCore,
  options: ClientOptions = {},
): Promise<{ client: TestClient; seen: SeenClient }> {
  const before = core.clients.length
  const client = await openClient(server, options)
  const seen = await until('the core to see the client', () => core.clients[before])
  return { client, seen }
}
