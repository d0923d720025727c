import type { Client, Connection } from '../../src/client/index.ts'
import type { Address, Chunk, Pipe } from './pipe.ts'
import { BENCH_PROTOCOL } from './pipe.ts'

/** A connection of the typed client. */
function connectionPipe(connection: Connection): Pipe {
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

/** Gives each connection that comes to the client to `accepted`. */
export async function listenWith(client: Client, accepted: (pipe: Pipe) => void): Promise<void> {
  const listener = await client.listen(BENCH_PROTOCOL, { frames: false })
  void (async () => {
    for await (const connection of listener) accepted(connectionPipe(connection))
  })()
}

export async function dialWith(client: Client, address: Address): Promise<Pipe> {
  return connectionPipe(await client.dial(address, BENCH_PROTOCOL, { frames: false }))
}
