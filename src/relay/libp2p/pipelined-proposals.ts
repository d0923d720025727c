import type { Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'

const MULTISTREAM_PROTOCOL = '/multistream/1.0.0'
/** The answer of multistream-select to a protocol that isn't served. */
const NOT_AVAILABLE = 'na'
/** Bytes of one message of multistream-select, as js-libp2p allows them. */
const MAX_MESSAGE_BYTES = 1024

/**
 * Proposes several protocols on a new stream, the preferred one first, without waiting between them. So a
 * stream is negotiated in one round trip whichever the other side has; js-libp2p needs one for each.
 *
 * What the other side sends behind its answer stays in the stream. If it takes a protocol that isn't the last
 * one, it reads the later proposals as the first bytes of that protocol.
 *
 * @returns the protocol that the other side takes; undefined if it has none of them
 */
export async function proposeAll(
  stream: Stream,
  protocols: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const messages = lpStream(stream, { maxDataLength: MAX_MESSAGE_BYTES })
  const lines = [MULTISTREAM_PROTOCOL, ...protocols].map((line) => new TextEncoder().encode(`${line}\n`))
  await messages.writeV(lines, { signal })
  const header = lineOf(await messages.read({ signal }))
  if (header !== MULTISTREAM_PROTOCOL)
    throw new Error('the other side does not answer with multistream-select')
  for (const protocol of protocols) {
    const answer = lineOf(await messages.read({ signal }))
    if (answer === protocol) {
      messages.unwrap()
      stream.protocol = protocol
      return protocol
    }
    if (answer !== NOT_AVAILABLE) throw new Error(`the other side answers ${protocol} with another protocol`)
  }
  return undefined
}

function lineOf(message: Uint8Array | Uint8ArrayList): string {
  return new TextDecoder().decode(message.subarray()).trimEnd()
}
