import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify, identifyPush } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { createLibp2p } from 'libp2p'
import type { TransportFactory } from '../../src/relay/index.ts'
import { MAX_READ_BUFFER_BYTES, MAX_STREAM_WINDOW_BYTES } from '../../src/relay/libp2p-node.ts'

/** js-libp2p alone, with the versions and the options of the relay's own peer (`src/relay/peer.ts`). */
export function createPlainPeer(transports: TransportFactory[], listen: string[]): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen },
    transports: [circuitRelayTransport(), ...transports],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        streamOptions: {
          maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES,
          maxReadBufferLength: MAX_READ_BUFFER_BYTES,
        },
      }),
    ],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify(), identifyPush: identifyPush(), ping: ping() },
  })
}
