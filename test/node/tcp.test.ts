import '../support/polyfill.ts'
import { Socket } from 'node:net'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { createLibp2p } from 'libp2p'
import { expect, test, vi } from 'vitest'
import { corkTcp } from '../../src/node/peer/libp2p/cork-tcp.ts'
import { tcpTransport } from '../../src/node/peer/tcp.ts'
import { startReferencePeer } from '../support/peers.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/tcp'

test('data sent together over TCP is written by one call, and arrives', async () => {
  const far = await startReferencePeer()
  const near = await createLibp2p({
    transports: [tcpTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { corkedTcp: ({ events }) => corkTcp(events) },
  })
  try {
    let received = 0
    await far.handle(PROTOCOL, (stream) => {
      stream.addEventListener('message', ({ data }) => (received += data.byteLength))
    })
    const connection = await near.dial(far.getMultiaddrs())
    const stream = await connection.newStream(PROTOCOL)
    const { socket } = (connection as unknown as { maConn: { socket: Socket } }).maConn
    expect(socket).toBeInstanceOf(Socket)
    const written = [vi.spyOn(socket, '_write'), vi.spyOn(socket, '_writev')]
    const calls = (): number => written.reduce((sum, { mock }) => sum + mock.calls.length, 0)
    for (let count = 0; count < 5; count++) expect(stream.send(new Uint8Array(20_000))).toBe(true)
    expect(calls()).toBe(0)
    await new Promise((resolve) => process.nextTick(resolve))
    expect(calls()).toBe(1)
    await until('all to arrive', () => received === 100_000)
  } finally {
    await near.stop()
    await far.stop()
  }
})
