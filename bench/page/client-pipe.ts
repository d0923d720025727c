import type { Client, Connection } from '../../src/client/index.ts'
import { ClientError } from '../../src/client/index.ts'
import type { Address, Chunk, Pipe } from './pipe.ts'
import { BENCH_PROTOCOL } from './pipe.ts'

/** A connection of the typed client. */
function connectionPipe(connection: Connection): Pipe {
  return {
    send: (bytes) => connection.send(bytes),
    drain: () => connection.drain(),
    receive: (taken) => void read(connection, taken),
    close: () => connection.close(),
    ended: (told) => void connection.closed.then(({ reason }) => told(reason)),
  }
}

/**
 * Only what is read before the end counts: a client that is closed, or a peer that is stopped, ends the pipe
 * with an error.
 */
async function read(connection: Connection, taken: (chunk: Chunk) => void): Promise<void> {
  try {
    for await (const chunk of connection) taken(chunk)
  } catch (error) {
    if (!(error instanceof ClientError)) throw error
  }
}

/** Passes each connection to the client to `accepted`. */
export async function listenWith(
  client: Client,
  accepted: (pipe: Pipe) => void,
  protocol = BENCH_PROTOCOL,
): Promise<void> {
  const listener = await client.listen(protocol, { frames: false })
  void (async () => {
    try {
      for await (const connection of listener) accepted(connectionPipe(connection))
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
    }
  })()
}

export async function dialWith(client: Client, address: Address, protocol = BENCH_PROTOCOL): Promise<Pipe> {
  // A client identifies the peer once.
  const addrs = address.addrs.map((addr) => addr.replace(`/p2p/${address.peer}`, ''))
  return connectionPipe(await client.dial({ peer: address.peer, addrs }, protocol, { frames: false }))
}
