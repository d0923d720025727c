import { encodePeerAddress } from '../src/protocol/index.ts'
import type { Benchmark, Compared } from './harness/report.ts'
import { comparison } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { takeTurns } from './harness/turns.ts'
import type { DistantPair } from './node/distant-pair.ts'
import { startDistantPair } from './node/distant-pair.ts'
import { measureBareId } from './node/bare-id.ts'

const PROTOCOL = '/x/bench/connect'
/** Milliseconds from one relay to the other one through the circuit relay, one way. */
const DELAY_MS = 100
/** Milliseconds between two looks at the path of a connection, which has no event here. */
const LOOK_MS = 5

const LASTING = 'lasting connection'
const ORDINARY = 'ordinary connection'

/** Milliseconds from the Connect. */
interface Sample {
  /** Until it is answered. */
  openMs: number
  /** Until the first byte of the other side has arrived, which it sends at once. */
  firstByteMs: number
  /** From the answer until the connection is on WebRTC. */
  movedMs: number
  /** Until the first byte of a second connection, while the link of the first one stands. */
  knownMs: number
}

async function firstByte({
  near,
  far,
}: DistantPair): Promise<{ id: bigint; openMs: number; byteMs: number }> {
  const [opened, accepted] = [
    near.client.all('peerConnection').length,
    far.client.all('listenerConnection').length,
  ]
  const greeted = far.client
    .arrival(() => far.client.all('listenerConnection')[accepted])
    .then(({ id }) => far.client.send({ type: 'data', id, data: Uint8Array.of(1) }))
  const startMs = performance.now()
  const target = encodePeerAddress({ peer: far.peer, addrs: far.addresses })
  near.client.connect(target, PROTOCOL, false)
  const { id } = await near.client.arrival(() => near.client.all('peerConnection')[opened])
  const openMs = performance.now() - startMs
  await near.client.arrival(() => near.client.all('data').find((message) => message.id === id))
  await greeted
  return { id, openMs, byteMs: performance.now() - startMs }
}

/** With `moves`, waits until the connection has moved to WebRTC. An ordinary one never moves. */
async function measure(pair: DistantPair, moves: boolean): Promise<Sample> {
  const { near, far } = pair
  await far.client.listen(PROTOCOL, false)
  const { id, openMs, byteMs } = await firstByte(pair)
  const openedMs = performance.now() - byteMs + openMs
  if (moves) {
    const path = (): string | undefined => near.relay.status().clients[0]?.streams[0]?.path
    while (path() !== 'webrtc') await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  const movedMs = performance.now() - openedMs
  near.client.send({ type: 'close', id })
  await near.client.next('connectionClosed')
  const { byteMs: knownMs } = await firstByte(pair)
  return { openMs, firstByteMs: byteMs, movedMs, knownMs }
}

async function measureAll(webRtc: boolean, scale: Scale): Promise<Map<string, Sample[]>> {
  return await takeTurns<Sample>(
    [LASTING, ORDINARY].map((name) => ({
      name,
      async measure() {
        const lasting = name === LASTING
        const pair = await startDistantPair({ delayMs: DELAY_MS / 2, webRtc, lasting })
        try {
          return await measure(pair, webRtc && lasting)
        } finally {
          await pair.close()
        }
      },
    })),
    scale.rounds,
  )
}

const LINES: readonly (readonly [label: string, key: keyof Sample])[] = [
  ['first contact, until the Connect is answered', 'openMs'],
  ['first contact, until the first byte', 'firstByteMs'],
  ['second connection, until the first byte', 'knownMs'],
]

function lines(samples: Map<string, Sample[]>, means: string): Compared[] {
  return LINES.map(([label, key]) => ({
    label: `${means}: ${label}`,
    samples: new Map([...samples].map(([name, all]) => [name, all.map((one) => one[key])])),
  }))
}

export const connect: Benchmark<Scale> = {
  name: 'connect',
  title: 'From Connect to the first byte',
  about: `Two relays that have never met reach each other through a circuit relay. Bytes take ${DELAY_MS / 2} ms from a relay to the
circuit relay, and as long back, so ${DELAY_MS} ms from relay to relay. The relay that is dialled sends a byte as soon as
it has the connection. *Lasting connections* open on the circuit, and move to WebRTC once that stands.
*Ordinary connections* end with their link, so they wait for WebRTC first. The WebRTC connection itself isn't
delayed, only its signalling. *By ID*: the Connect names a peer and no address, and a DHT of four nodes that are not
delayed finds it.`,
  async run(scale) {
    const webRtc = await measureAll(true, scale)
    const circuit = await measureAll(false, scale)
    const moved = new Map([[LASTING, (webRtc.get(LASTING) ?? []).map(({ movedMs }) => movedMs)]])
    const byId = new Map([['by ID', await measureBareId(scale.rounds)]])
    return {
      goals: [],
      tables: [
        comparison('Connect', 'milliseconds', [
          ...lines(webRtc, 'with WebRTC'),
          ...lines(circuit, 'circuit only'),
        ]),
        comparison('From the answer until the connection is on WebRTC', 'milliseconds', [
          { label: '', samples: moved },
        ]),
        comparison('By ID, until the Connect is answered', 'milliseconds', [{ label: '', samples: byId }]),
      ],
      plots: [],
    }
  },
}
