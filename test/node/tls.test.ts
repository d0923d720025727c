import '../support/polyfill.ts'
import { createHash, randomBytes } from 'node:crypto'
import { tls } from '@libp2p/tls'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import type { RelayStatus } from '../../src/relay/index.ts'
import { ManualSocket } from '../support/manual-socket.ts'
import { startNodePeer } from '../support/node-peer.ts'
import { collect, startReferencePeer } from '../support/peers.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/tls'
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test.each(['tcp', 'ws'])(
  'a page on the Node build and a peer that offers only TLS can reach each other over %s',
  async (kind) => {
    const far = await startReferencePeer({
      encrypters: [tls()],
      webSockets: true,
      listen: ['/ip4/127.0.0.1/tcp/0/ws'],
    })
    const node = await startNodePeer([])
    try {
      const page = new ManualSocket({
        accept: (socket, options) => node.accept(socket, { ...options, isAdmin: false }),
      })
      const identity = await until('Identify', () => page.all('identify')[0])
      const payload = randomBytes(300_000)
      const isKind = (address: string): boolean => address.includes('/ws') === (kind === 'ws')

      const streams: ReturnType<typeof collect>[] = []
      await far.handle(PROTOCOL, (stream) => {
        streams.push(collect(stream))
      })
      const addrs = far.getMultiaddrs().map(String).filter(isKind)
      page.put({
        type: 'connect',
        peer: encodePeerAddress({ peer: far.peerId.toString(), addrs }),
        protocol: PROTOCOL,
        frames: false,
        relay: '',
      })
      const { id } = await until('the connection', () => page.all('peerConnection')[0])
      page.put({ type: 'data', id, data: payload })
      await until('the bytes', () => streams[0]?.bytes().length === payload.length)
      expect(hash(streams[0]?.bytes() ?? new Uint8Array())).toBe(hash(payload))
      expect(far.getConnections().map(({ encryption }) => encryption)).toEqual(['/tls/1.0.0'])

      // And in the other direction, over a connection of its own.
      await far.getConnections()[0]?.close()
      await until('the end of the first', () => (node.status() as RelayStatus).peer?.connectionCount === 0)
      page.put({ type: 'listen', protocol: '/x/back', frames: false })
      const connection = await far.dial(
        identity.addresses
          .filter(isKind)
          .map((address) => multiaddr(address).encapsulate(`/p2p/${identity.peer}`)),
      )
      expect(connection.encryption).toBe('/tls/1.0.0')
      const stream = await connection.newStream('/x/back')
      stream.send(payload)
      await until('the bytes', () => page.dataBytes === payload.length)
    } finally {
      await node.stop()
      await far.stop()
    }
  },
)
