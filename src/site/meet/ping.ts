import type { Client } from '../../client/index.ts'
import { PING_PROTOCOL } from '../peer/short-connect-string.ts'

/** Bytes of a ping (libp2p ping specification). */
const PING_BYTES = 32

/**
 * Dials a peer and pings it. Returns the round-trip time in milliseconds, without the time to connect.
 *
 * Rejects with what was tried if the peer can't be reached, and with the signal's reason if it is aborted.
 */
export async function ping(
  client: Client,
  target: { peer: string; addrs: string[] },
  signal: AbortSignal,
): Promise<number> {
  const connection = await client.dial(target, PING_PROTOCOL, { frames: false, signal })
  try {
    const startMs = performance.now()
    connection.send(crypto.getRandomValues(new Uint8Array(PING_BYTES)))
    let answered = 0
    for await (const bytes of connection) {
      answered += bytes.byteLength
      if (answered >= PING_BYTES) return performance.now() - startMs
    }
    throw new Error('the peer closed the stream without answering')
  } finally {
    connection.close()
  }
}
