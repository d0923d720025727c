import type { Client } from '../../client/index.ts'
import { PING_PROTOCOL } from '../peer/connect-string.ts'

/** Bytes of a ping, as libp2p's specification has it. */
const PING_BYTES = 32

/**
 * Reaches a peer and sees that it answers, by libp2p's ping; gives the milliseconds of the round trip, without those that it took
 * to connect. Rejects with what was tried, or with the signal's reason.
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
    throw new Error('the peer ended the stream without an answer')
  } finally {
    connection.close()
  }
}
