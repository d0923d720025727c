import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Libp2p, Stream } from '@libp2p/interface'
import { startReferencePeer } from './peers.ts'

/** How a relay that does not keep its word answers a request for a reservation. */
export type Lie = 'over in a moment' | 'silence' | 'nonsense' | 'refused'

const STATUS_OK = 100
const RESERVATION_REFUSED = 200

/** A peer that says that it serves circuits, and answers every request so. */
export async function startLiar(lie: Lie): Promise<Libp2p> {
  const libp2p = await startReferencePeer()
  await libp2p.handle(RELAY_V2_HOP_CODEC, (stream) => {
    stream.addEventListener('message', () => answer(stream, lie), { once: true })
  })
  return libp2p
}

function answer(stream: Stream, lie: Lie): void {
  switch (lie) {
    case 'silence':
      return
    case 'nonsense':
      stream.send(delimited(Uint8Array.of(0xff, 0xff, 0xff)))
      return
    case 'refused':
      stream.send(delimited(hopStatus(RESERVATION_REFUSED)))
      return
    case 'over in a moment':
      stream.send(delimited(hopStatus(STATUS_OK, Math.floor(Date.now() / 1000) + 10)))
      return
    default:
      lie satisfies never
  }
}

/** A HopMessage of the circuit relay specification (v2): type STATUS, a reservation that ends then, a status. */
function hopStatus(status: number, expireSeconds?: number): Uint8Array {
  const reservation =
    expireSeconds === undefined
      ? []
      : ((bytes) => [0x1a, bytes.length, ...bytes])([0x08, ...varint(expireSeconds)])
  return Uint8Array.of(0x08, 2, ...reservation, 0x28, ...varint(status))
}

function delimited(message: Uint8Array): Uint8Array {
  return Uint8Array.of(...varint(message.length), ...message)
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return [...bytes, rest]
}
