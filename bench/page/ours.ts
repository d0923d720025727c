import type { Client, Connection } from '../../src/client/index.ts'
import { connect, relayUrl } from '../../src/client/index.ts'
import { BenchPage } from './bench-page.ts'
import type { Chunk, Pipe, World } from './pipe.ts'
import { BENCH_PROTOCOL } from './pipe.ts'

/** A connection of the typed client. */
function pipeOf(connection: Connection): Pipe {
  return {
    send: (bytes) => connection.send(bytes),
    drain: () => connection.drain(),
    receive: (taken) => void read(connection, taken),
    close: () => connection.close(),
  }
}

async function read(connection: Connection, taken: (chunk: Chunk) => void): Promise<void> {
  for await (const chunk of connection) taken(chunk)
}

let client: Client

/** The whole stack: the typed client, our WebSocket, the peer in the SharedWorker, WebRTC that the tab lends. */
const world: World = {
  async start() {
    client = await connect(relayUrl(location.href))
    return { peer: client.peer, addrs: client.addresses.filter((address) => address.endsWith('/webrtc')) }
  },
  async listen(accepted) {
    const listener = await client.listen(BENCH_PROTOCOL, { frames: false })
    void (async () => {
      for await (const connection of listener) accepted(pipeOf(connection))
    })()
  },
  async dial(address) {
    return pipeOf(await client.dial(address, BENCH_PROTOCOL, { frames: false }))
  },
}

globalThis.bench = new BenchPage(world)
