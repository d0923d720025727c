import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Libp2p, PeerId, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { startReferencePeer } from './peers.ts'

/** How a dishonest circuit relay answers a request for a reservation, or the following one for a circuit. */
export type Lie =
  | 'over in a moment'
  | 'over for an hour'
  | 'without end'
  | 'forgotten at once'
  | 'of no use'
  | 'a yes to everything'
  | 'late'
  | 'silence'
  | 'nonsense'
  | 'refused'
  | 'a thousand addresses'

const STATUS_OK = 100
const RESERVATION_REFUSED = 200
const PERMISSION_DENIED = 202
const CONNECTION_FAILED = 203
const NO_RESERVATION = 204

/** The number of seconds since 1970 that has the most digits. */
const NEVER_SECONDS = 2 ** 53 - 1
const HOUR_SECONDS = 3_600

/** A circuit relay that does not do what it says. */
export interface Liar {
  libp2p: Libp2p
  /** Requests without an answer yet; a late circuit relay answers when the test tells it to. */
  waiting: (() => void)[]
  /** How often it was asked for a reservation. */
  readonly asked: number
}

/** A peer that claims to serve circuits, and answers every request in this way. */
export async function startLiar(lie: Lie): Promise<Liar> {
  const libp2p = await startReferencePeer()
  const waiting: (() => void)[] = []
  let asked = 0
  await libp2p.handle(RELAY_V2_HOP_CODEC, (stream) => {
    stream.addEventListener(
      'message',
      ({ data }) => {
        // After the length: the field of the type, and the type.
        const isConnect = data.subarray()[2] === TYPE_CONNECT
        if (!isConnect) asked += 1
        const reply = (): void => {
          if (stream.writeStatus === 'writable') answer(stream, lie, isConnect, libp2p.peerId)
        }
        if (lie === 'late') waiting.push(reply)
        else reply()
      },
      { once: true },
    )
  })
  return {
    libp2p,
    waiting,
    get asked() {
      return asked
    },
  }
}

const TYPE_CONNECT = 1

function answer(stream: Stream, lie: Lie, isConnect: boolean, self: PeerId): void {
  const say = (status: number, seconds?: number): void => {
    stream.send(delimited(hopStatus(status, seconds)))
  }
  const now = Math.floor(Date.now() / 1000)
  const circuit = isConnect ? PERMISSION_DENIED : STATUS_OK
  switch (lie) {
    case 'silence':
      return
    case 'nonsense':
      stream.send(delimited(Uint8Array.of(0xff, 0xff, 0xff)))
      return
    case 'refused':
      return say(RESERVATION_REFUSED)
    case 'over in a moment':
      return say(circuit, now + 10)
    case 'over for an hour':
      return say(circuit, now - HOUR_SECONDS)
    case 'a thousand addresses':
      stream.send(delimited(hopStatus(circuit, now + HOUR_SECONDS, isConnect ? [] : deadAddresses(self))))
      return
    case 'without end':
      return say(circuit, NEVER_SECONDS)
    case 'forgotten at once':
      return say(isConnect ? NO_RESERVATION : STATUS_OK, now + HOUR_SECONDS)
    case 'of no use':
      return say(isConnect ? CONNECTION_FAILED : STATUS_OK, now + HOUR_SECONDS)
    case 'a yes to everything':
    case 'late':
      return say(STATUS_OK, now + HOUR_SECONDS)
    default:
      return lie satisfies never
  }
}

/** Addresses of the liar where nobody listens. */
function deadAddresses(self: PeerId): Uint8Array[] {
  return Array.from(
    { length: 1_000 },
    (_, index) => multiaddr(`/ip4/127.0.0.1/tcp/${1 + index}/p2p/${self.toString()}`).bytes,
  )
}

/**
 * A HopMessage of the circuit relay specification (v2): type STATUS, a reservation with this end and these
 * addresses, and a status.
 */
function hopStatus(status: number, expireSeconds?: number, addresses: Uint8Array[] = []): Uint8Array {
  const named = addresses.flatMap((bytes) => [0x12, ...varint(bytes.length), ...bytes])
  const reservation =
    expireSeconds === undefined
      ? []
      : ((bytes) => [0x1a, ...varint(bytes.length), ...bytes])([0x08, ...varint(expireSeconds), ...named])
  return Uint8Array.from([0x08, 2, ...reservation, 0x28, ...varint(status)])
}

function delimited(message: Uint8Array): Uint8Array {
  return Uint8Array.from([...varint(message.length), ...message])
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
