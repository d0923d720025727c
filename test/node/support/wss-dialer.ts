/**
 * Dials a multiaddr, as any peer in Node does, and prints `pong` once the peer has answered, so its
 * certificate was trusted.
 */
import '../../../src/node/polyfill.ts'
import { ping } from '@libp2p/ping'
import { multiaddr } from '@multiformats/multiaddr'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { createLibp2p } from 'libp2p'
import { webSocketTransport } from '../../../src/relay/index.ts'

const libp2p = await createLibp2p({
  transports: [webSocketTransport()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionGater: { denyDialMultiaddr: () => false },
  services: { ping: ping(), identify: identify() },
})
await libp2p.services.ping.ping(multiaddr(process.argv[2]))
process.stdout.write('pong\n')
await libp2p.stop()
