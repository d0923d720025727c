import { noise } from '@chainsafe/libp2p-noise'
import { Uint8ArrayList } from 'uint8arraylist'

/** Pieces of an unfinished message that are kept before they are copied into one. */
const MAX_LOOSE_PIECES = 256

/** The decoder of an encrypted connection, which js-libp2p keeps private. */
interface MessageDecoder {
  buffer: Uint8ArrayList
  decode(bytes: Uint8Array | Uint8ArrayList): Iterable<Uint8ArrayList>
}

/**
 * Returns js-libp2p's Noise, with bounded memory for an unfinished message.
 *
 * A message has at most 64 KiB, but each of its pieces takes another 200 bytes or so, and a peer can send it
 * byte by byte.
 */
export function boundedNoise(): ReturnType<typeof noise> {
  const makeEncrypter = noise()
  return (components) => {
    const encrypter = makeEncrypter(components)
    const secureInbound = encrypter.secureInbound.bind(encrypter)
    const secureOutbound = encrypter.secureOutbound.bind(encrypter)
    encrypter.secureInbound = async (connection, options) => {
      const secured = await secureInbound(connection, options)
      compact(decoderOf(secured.connection))
      return secured
    }
    encrypter.secureOutbound = async (connection, options) => {
      const secured = await secureOutbound(connection, options)
      compact(decoderOf(secured.connection))
      return secured
    }
    return encrypter
  }
}

function compact(decoder: MessageDecoder): void {
  const decode = decoder.decode.bind(decoder)
  let pieces = 0
  decoder.decode = function* (bytes) {
    yield* decode(bytes)
    pieces += bytes instanceof Uint8Array ? 1 : [...bytes].length
    if (decoder.buffer.byteLength === 0) pieces = 0
    if (pieces < MAX_LOOSE_PIECES) return
    decoder.buffer = new Uint8ArrayList(decoder.buffer.slice())
    pieces = 0
  }
}

function decoderOf(connection: object): MessageDecoder {
  const decoder: unknown = 'decoder' in connection ? connection.decoder : undefined
  if (typeof decoder !== 'object' || decoder === null || !('buffer' in decoder) || !('decode' in decoder))
    throw new Error('@chainsafe/libp2p-noise has changed: its connections have no decoder')
  return decoder as MessageDecoder
}
