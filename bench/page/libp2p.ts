import type { Libp2p } from '@libp2p/interface'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { MAX_STREAMS_PER_PROTOCOL } from '../../src/relay/dialing/open-stream.ts'
import { BenchPage } from './bench-page.ts'
import type { World } from './pipe.ts'
import { BENCH_PROTOCOL } from './pipe.ts'
import { createPlainPeer } from './plain-peer.ts'
import { streamPipe } from './stream-pipe.ts'

/** How many failed dials are allowed. */
const MAX_ATTEMPTS = 4

let libp2p: Libp2p

/** They follow from the reservation, a little later. */
async function webRtcAddresses(): Promise<string[]> {
  for (;;) {
    const addresses = libp2p.getMultiaddrs().map((address) => address.toString())
    const found = addresses.filter((address) => address.includes('/webrtc/'))
    if (found.length > 0) return found
    await new Promise((resolve) => libp2p.addEventListener('self:peer:update', resolve, { once: true }))
  }
}

/**
 * js-libp2p in the page itself. It has started when a circuit relay has granted it a reservation, because
 * only then can others dial it.
 */
const world: World = {
  async start() {
    const response = await fetch('/network.json')
    const { relays } = (await response.json()) as { relays: string[] }
    const [relay] = relays
    if (relay === undefined) throw new Error('the Node build names no relay')
    libp2p = await createPlainPeer(
      [webSockets(), webRTC({ rtcConfiguration: { iceServers: [] } })],
      [`${relay}/p2p-circuit`, '/webrtc'],
    )
    return { peer: libp2p.peerId.toString(), addrs: await webRtcAddresses() }
  },
  async listen(accepted) {
    await libp2p.handle(BENCH_PROTOCOL, (stream) => accepted(streamPipe(stream)), {
      maxInboundStreams: MAX_STREAMS_PER_PROTOCOL,
    })
  },
  async dial({ addrs }) {
    const targets = addrs.map((address) => multiaddr(address))
    for (let attempt = 1; ; attempt++) {
      try {
        return streamPipe(await libp2p.dialProtocol(targets, BENCH_PROTOCOL))
      } catch (error) {
        // About one WebRTC dial in ten hangs in @libp2p/webrtc until it times out; the dialer has to try
        // again.
        if (attempt === MAX_ATTEMPTS) throw error
      }
    }
  },
}

globalThis.bench = new BenchPage(world)
