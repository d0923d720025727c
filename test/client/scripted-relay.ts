import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import type { ClientMessage, ServerMessage, Subprotocol } from '../../src/protocol/index.ts'
import { SUBPROTOCOL, decodeClientMessage, encodeServerMessage } from '../../src/protocol/index.ts'
import { until } from '../support/until.ts'

export const PEER = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'
export const OTHER = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
export const PROTOCOL = '/x/test'

export const IDENTIFY = {
  type: 'identify',
  public: false,
  peer: PEER,
  addresses: ['/ip4/127.0.0.1/tcp/4006/ws'],
  key: 'CAESQKfJ',
} as const satisfies ServerMessage

/** A relay on loopback that the test scripts, with real sockets, the real codec and one client. */
export interface ScriptedRelay {
  url: string
  received: ClientMessage[]
  /** What each WebSocket has offered. */
  offered: string[][]
  send(...messages: ServerMessage[]): void
  /** Sends any message, valid or not. A string is sent as a text message. */
  sendRaw(data: Uint8Array | string): void
  /** Resolves to the next message of this type that the test has not taken yet. */
  take<T extends ClientMessage['type']>(type: T): Promise<Extract<ClientMessage, { type: T }>>
  /** The socket of the client. */
  socket(): WebSocket
  close(): Promise<void>
}

interface ScriptedRelayOptions {
  /** Whether it accepts `permessage-deflate`; default false. */
  compresses?: boolean
  /** The subprotocol that it knows; default ours. */
  speaks?: Subprotocol
  /** Default: a free one. */
  port?: number
}

/**
 * @param started the flag of Hello, which is sent immediately, followed by Identify if true; `'silent'` sends
 * nothing
 */
export async function startScriptedRelay(
  started: boolean | 'silent' = true,
  { compresses = false, speaks = SUBPROTOCOL, port = 0 }: ScriptedRelayOptions = {},
): Promise<ScriptedRelay> {
  const server = new WebSocketServer({
    port,
    host: '127.0.0.1',
    perMessageDeflate: compresses,
    handleProtocols: (names) => names.has(speaks) && speaks,
  })
  const offered: string[][] = []
  server.on('headers', (_, { headers }) => {
    offered.push(headers['sec-websocket-protocol']?.split(',') ?? [])
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const received: ClientMessage[] = []
  const taken = new Set<ClientMessage>()
  let socket: WebSocket | undefined
  const relay: ScriptedRelay = {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/libp2p`,
    received,
    offered,
    send(...messages) {
      for (const message of messages) relay.sendRaw(encodeServerMessage(message))
    },
    sendRaw(data) {
      relay.socket().send(data)
    },
    take<T extends ClientMessage['type']>(type: T) {
      return until(`the client to send ${type}`, () => {
        const found = received.find((message) => message.type === type && !taken.has(message))
        if (found === undefined) return undefined
        taken.add(found)
        return found as Extract<ClientMessage, { type: T }>
      })
    },
    socket() {
      if (socket === undefined) throw new Error('no client is connected')
      return socket
    },
    async close() {
      for (const client of server.clients) client.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  server.on('connection', (opened) => {
    socket = opened
    opened.on('error', () => opened.terminate())
    opened.on('message', (data) => {
      const spoken = opened.protocol === SUBPROTOCOL ? SUBPROTOCOL : ''
      received.push(decodeClientMessage(new Uint8Array(data as Buffer), spoken))
    })
    if (started === 'silent') return
    relay.send({ type: 'hello', started })
    if (started) relay.send(IDENTIFY)
  })
  return relay
}

/** The WebSocket class of the client's end. */
export { WebSocket }
