/**
 * A process with a js-libp2p peer that serves the requests of the benchmarks, and a bare TCP server that does
 * so too.
 */
import '../../src/node/polyfill.ts'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { serve } from '../page/service.ts'
import { BENCH_PROTOCOL } from '../page/pipe.ts'
import { createPlainPeer } from '../page/plain-peer.ts'
import { streamPipe } from '../page/stream-pipe.ts'
import type { ServingAddress } from './far-end.ts'
import { socketPipe } from './socket-pipe.ts'

const libp2p = await createPlainPeer(
  [tcp(), webSockets()],
  ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'],
)
await libp2p.handle(BENCH_PROTOCOL, (stream) => serve(streamPipe(stream)), { maxInboundStreams: 10_000 })
const server = createServer({ noDelay: true }, (socket) => serve(socketPipe(socket)))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const addrs = libp2p.getMultiaddrs().map((address) => address.toString())
const address: ServingAddress = {
  peer: libp2p.peerId.toString(),
  tcp: addrs.filter((one) => !one.includes('/ws/')),
  ws: addrs.filter((one) => one.includes('/ws/')),
  port: (server.address() as AddressInfo).port,
}
process.stdout.write(`${JSON.stringify(address)}\n`)
