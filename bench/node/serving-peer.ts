/** A js-libp2p peer in a process of its own that serves the requests of the benchmarks, and a bare TCP server that does, too. */
import '../../src/node/polyfill.ts'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { serve } from '../page/service.ts'
import { BENCH_PROTOCOL } from '../page/pipe.ts'
import { streamPipe } from '../page/stream-pipe.ts'
import type { ServingAddress } from './far-end.ts'
import { makePeer } from './peer.ts'
import { socketPipe } from './socket-pipe.ts'

const peer = await makePeer(['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'])
await peer.libp2p.handle(BENCH_PROTOCOL, (stream) => serve(streamPipe(stream)), { maxInboundStreams: 10_000 })
const server = createServer({ noDelay: true }, (socket) => serve(socketPipe(socket)))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const addrs = peer.addresses
const address: ServingAddress = {
  peer: peer.id,
  tcp: addrs.filter((one) => !one.endsWith('/ws')),
  ws: addrs.filter((one) => one.endsWith('/ws')),
  port: (server.address() as AddressInfo).port,
}
process.stdout.write(`${JSON.stringify(address)}\n`)
