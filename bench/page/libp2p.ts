import { generateKeyPair } from '@libp2p/crypto/keys'
import { webRTC } from '@libp2p/webrtc'
import { multiaddr } from '@multiformats/multiaddr'
import { webSocketTransport } from '../../src/relay/index.ts'
import { MAX_STREAMS_PER_PROTOCOL } from '../../src/relay/dialer.ts'
import { Peer } from '../../src/relay/peer.ts'
import { BenchPage } from './bench-page.ts'
import type { World } from './pipe.ts'
import { BENCH_PROTOCOL } from './pipe.ts'
import { streamPipe } from './stream-pipe.ts'

/** Dials in vain before it is given up. */
const MAX_ATTEMPTS = 4

let peer: Peer

/** js-libp2p in the page itself, made by the very code that makes the relay's: the same versions, the same options. */
const world: World = {
  async start() {
    const response = await fetch('/network.json')
    const { relays } = (await response.json()) as { relays: string[] }
    const [relay] = relays
    if (relay === undefined) throw new Error('the Node build names no relay')
    peer = await Peer.create({
      privateKey: await generateKeyPair('Ed25519'),
      transports: [webSocketTransport(), webRTC({ rtcConfiguration: { iceServers: [] } })],
      listen: [`${relay}/p2p-circuit`, '/webrtc'],
    })
    return {
      peer: peer.id,
      addrs: peer.libp2p
        .getMultiaddrs()
        .map((address) => address.toString())
        .filter((address) => address.includes('/webrtc/')),
    }
  },
  async listen(accepted) {
    await peer.libp2p.handle(BENCH_PROTOCOL, (stream) => accepted(streamPipe(stream)), {
      maxInboundStreams: MAX_STREAMS_PER_PROTOCOL,
    })
  },
  async dial({ addrs }) {
    const targets = addrs.map((address) => multiaddr(address))
    for (let attempt = 1; ; attempt++) {
      try {
        return streamPipe(await peer.libp2p.dialProtocol(targets, BENCH_PROTOCOL))
      } catch (error) {
        // One WebRTC dial of ten or so hangs in @libp2p/webrtc until its time is up; who dials has to try again.
        if (attempt === MAX_ATTEMPTS) throw error
      }
    }
  },
}

globalThis.bench = new BenchPage(world)
