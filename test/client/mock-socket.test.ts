import { Server, WebSocket } from 'mock-socket'
import { expect, test } from 'vitest'
import type { WebSocketConstructor } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'
import type { ServerMessage } from '../../src/protocol/index.ts'
import { decodeClientMessage, encodeServerMessage } from '../../src/protocol/index.ts'
import { IDENTIFY, OTHER, PROTOCOL } from './scripted-relay.ts'

const URL = 'ws://localhost:8888/libp2p'

test('the client works over a WebSocket class that is passed to it', async () => {
  const server = new Server(URL)
  server.on('connection', (socket) => {
    const send = (message: ServerMessage): void => socket.send(encodeServerMessage(message).buffer)
    send({ type: 'hello', started: true })
    send(IDENTIFY)
    socket.on('message', (data) => {
      const message = decodeClientMessage(data as unknown as Uint8Array)
      if (message.type === 'connect')
        send({ type: 'peerConnection', id: 0n, peer: OTHER, protocol: PROTOCOL })
      if (message.type === 'data') send({ ...message, data: message.data.toReversed() })
      if (message.type === 'close') send({ type: 'connectionClosed', id: message.id, reason: 'closed' })
    })
  })
  const client = await connect(URL, { WebSocket: WebSocket as unknown as WebSocketConstructor })
  const connection = await client.dial(OTHER, PROTOCOL)
  connection.send(Uint8Array.of(1, 2, 3))
  for await (const message of connection) {
    expect(message).toEqual(Uint8Array.of(3, 2, 1))
    connection.close()
  }
  expect(await connection.closed).toEqual({ reason: 'closed by this side', clean: true })
  client.close()
  server.stop()
})
