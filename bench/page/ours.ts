import type { Client } from '../../src/client/index.ts'
import { connect, relayUrl } from '../../src/client/index.ts'
import { BenchPage } from './bench-page.ts'
import { dialWith, listenWith } from './client-pipe.ts'
import type { World } from './pipe.ts'

let client: Client

/**
 * The whole stack: the typed client, our WebSocket, the peer in the SharedWorker, and WebRTC that the tab
 * lends.
 */
const world: World = {
  async start() {
    client = await connect(relayUrl(location.href))
    return { peer: client.peer, addrs: client.addresses.filter((address) => address.endsWith('/webrtc')) }
  },
  async dialable() {
    while (!client.public)
      await new Promise((resolve) => client.addEventListener('identify', resolve, { once: true }))
  },
  listen: (accepted) => listenWith(client, accepted),
  dial: (address) => dialWith(client, address),
}

globalThis.bench = new BenchPage(world)
