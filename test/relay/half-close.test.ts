import '../support/polyfill.ts'
import { randomBytes } from 'node:crypto'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { Libp2p, Stream } from '@libp2p/interface'
import { webRTCDirect } from '@libp2p/webrtc'
import fc from 'fast-check'
import { createLibp2p } from 'libp2p'
import { describe, expect, test } from 'vitest'
import { SUBPROTOCOL, encodePeerAddress } from '../../src/protocol/index.ts'
import { portHost, wsHost } from '../support/hosts.ts'
import { collect } from '../support/peers.ts'
import type { RelayClient } from '../support/relay-client.ts'
import { RelayLab, addressOf, streamTo } from '../support/relay-lab.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/half'

/** One end of a connection: a client's, or a stream of a plain peer. */
interface End {
  send(bytes: Uint8Array): void
  closeWrite(): void
  reset(): void
  /** The bytes that have arrived. */
  received(): Buffer
  /** What has been told in addition to Data, in order, with the number of bytes before it. */
  told(): string[]
}

class ClientEnd implements End {
  readonly client: RelayClient
  readonly id: bigint

  constructor(client: RelayClient, id: bigint) {
    this.client = client
    this.id = id
  }

  send(data: Uint8Array): void {
    this.client.send({ type: 'data', id: this.id, data })
  }

  closeWrite(): void {
    this.client.send({ type: 'closeWrite', id: this.id })
  }

  reset(): void {
    this.client.send({ type: 'reset', id: this.id })
  }

  received(): Buffer {
    return this.client.dataOf(this.id)
  }

  told(): string[] {
    let bytes = 0
    const told: string[] = []
    for (const message of this.client.received) {
      if (!('id' in message) || message.id !== this.id) continue
      if (message.type === 'data') bytes += message.data.byteLength
      if (message.type === 'remoteClosedWrite') told.push(`end after ${bytes}`)
      if (message.type === 'connectionClosed') told.push(`closed after ${bytes}: ${message.reason}`)
    }
    return told
  }
}

class StreamEnd implements End {
  readonly stream: Stream
  readonly #collected: ReturnType<typeof collect>

  constructor(stream: Stream) {
    this.stream = stream
    this.#collected = collect(stream)
  }

  send(data: Uint8Array): void {
    this.stream.send(data)
  }

  closeWrite(): void {
    void this.stream.close()
  }

  reset(): void {
    this.stream.abort(new Error('reset'))
  }

  received(): Buffer {
    return this.#collected.bytes()
  }

  told(): string[] {
    return this.#collected.remoteEnded ? [`end after ${this.received().byteLength}`] : []
  }
}

type Pair = { near: ClientEnd; far: End }
type Connect = () => Promise<Pair>

const listen = async (client: RelayClient): Promise<void> => {
  client.send({ type: 'listen', frames: false, halfOpen: true, protocol: PROTOCOL })
  await client.next('listening')
}

/** Makes connections between two clients, the dialling one first. */
async function between(near: RelayClient, far: RelayClient, peer: string): Promise<Connect> {
  await listen(far)
  return async () => {
    const [opened, accepted] = [near.all('peerConnection').length, far.all('listenerConnection').length]
    near.send({ type: 'connect', peer, protocol: PROTOCOL, frames: false, halfOpen: true, relay: '' })
    const { id } = await near.next('peerConnection', opened)
    return {
      near: new ClientEnd(near, id),
      far: new ClientEnd(far, (await far.next('listenerConnection', accepted)).id),
    }
  }
}

/** The kinds of streams that carry connections. */
const KINDS = {
  'loopback streams': async (lab: RelayLab) => {
    const target = await lab.started()
    const [near, far] = [
      await lab.another(target, { subprotocol: SUBPROTOCOL }),
      await lab.another(target, { subprotocol: SUBPROTOCOL }),
    ]
    return await between(near, far, target.id)
  },
  'lasting streams': async (lab: RelayLab) => {
    const [one, other] = [await lab.started(), await lab.started()]
    const near = await lab.another(one, { subprotocol: SUBPROTOCOL })
    const far = await lab.another(other, { subprotocol: SUBPROTOCOL })
    return await between(near, far, encodePeerAddress({ peer: other.id, addrs: other.addresses }))
  },
  'plain streams': async (lab: RelayLab) => {
    const target = await lab.started()
    const near = await lab.another(target, { subprotocol: SUBPROTOCOL })
    await listen(near)
    const peer: Libp2p = await lab.reference()
    return async () => {
      const count = near.all('listenerConnection').length
      const stream = await streamTo(peer, target, PROTOCOL)
      stream.send(new Uint8Array())
      const { id } = await near.next('listenerConnection', count)
      return { near: new ClientEnd(near, id), far: new StreamEnd(stream) }
    }
  },
} satisfies Record<string, (lab: RelayLab) => Promise<Connect>>

const untilTold = async (end: End, told: string[]): Promise<void> => {
  await until(
    `${JSON.stringify(told)}, not ${JSON.stringify(end.told())}`,
    () => end.told().length >= told.length,
  )
  expect(end.told()).toEqual(told)
}

/** The hosts differ in what is between client and relay, so one kind of stream is enough over the second. */
describe.each([
  { host: wsHost, kinds: Object.entries(KINDS).map(([name, start]) => ({ name, start })) },
  { host: portHost, kinds: [{ name: 'loopback streams', start: KINDS['loopback streams'] }] },
])('over $host.name', ({ host, kinds }) => {
  const lab = new RelayLab(host)

  describe.each(kinds)('half-open connections on $name', ({ start }) => {
    test('carry an answer after the end of the question', async () => {
      const { near, far } = await (await start(lab))()
      const [question, answer] = [randomBytes(300_000), randomBytes(2_000_000)]
      near.send(question)
      near.closeWrite()
      await untilTold(far, ['end after 300000'])
      expect(far.received().equals(question)).toBe(true)
      for (let start = 0; start < answer.length; start += 250_000)
        far.send(answer.subarray(start, start + 250_000))
      far.closeWrite()
      await untilTold(near, ['end after 2000000', 'closed after 2000000: EOF'])
      expect(near.received().equals(answer)).toBe(true)
      if (far instanceof ClientEnd) await untilTold(far, ['end after 300000', 'closed after 300000: EOF'])
      else
        await until('the stream to close', () => far instanceof StreamEnd && far.stream.status === 'closed')
    })

    test('carry an answer the other way round', async () => {
      const { near, far } = await (await start(lab))()
      far.send(Buffer.from('question'))
      far.closeWrite()
      await untilTold(near, ['end after 8'])
      near.send(Buffer.from('answer'))
      near.closeWrite()
      await untilTold(near, ['end after 8', 'closed after 8: EOF'])
      await until('the end', () => far.told().length > 0)
      expect(far.received().toString()).toBe('answer')
    })

    test('end with a reset that comes after the end of data, as a reset', async () => {
      const { near, far } = await (await start(lab))()
      far.send(Buffer.from('question'))
      far.closeWrite()
      await untilTold(near, ['end after 8'])
      far.reset()
      await untilTold(near, ['end after 8', 'closed after 8: the other side reset the stream'])
    })

    test('obey what both sides do in any order', async () => {
      const connect = await start(lab)
      const action = fc.record({
        from: fc.constantFrom('near' as const, 'far' as const),
        what: fc.oneof(
          { weight: 4, arbitrary: fc.nat({ max: 120_000 }) },
          { weight: 2, arbitrary: fc.constant('closeWrite' as const) },
          { weight: 1, arbitrary: fc.constant('pause' as const) },
        ),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
          const ends = await connect()
          const sent = { near: [] as Buffer[], far: [] as Buffer[] }
          const closed = new Set<'near' | 'far'>()
          const end = (from: 'near' | 'far'): void => {
            if (closed.has(from)) return
            closed.add(from)
            ends[from].closeWrite()
          }
          for (const { from, what } of actions) {
            const one = ends[from]
            if (what === 'closeWrite') end(from)
            else if (what === 'pause') {
              if (one instanceof ClientEnd) one.client.send({ type: 'pause', id: one.id })
            } else if (!closed.has(from)) {
              const data = randomBytes(what)
              sent[from].push(data)
              one.send(data)
            }
          }
          for (const one of [ends.near, ends.far])
            if (one instanceof ClientEnd) one.client.send({ type: 'resume', id: one.id })
          end('far')
          end('near')
          const expected = { near: Buffer.concat(sent.far), far: Buffer.concat(sent.near) }
          for (const side of ['near', 'far'] as const) {
            const { length } = expected[side]
            const isClient = ends[side] instanceof ClientEnd
            await untilTold(ends[side], [
              `end after ${length}`,
              ...(isClient ? [`closed after ${length}: EOF`] : []),
            ])
            expect(ends[side].received().equals(expected[side])).toBe(true)
          }
          const errors = ends.near.client.all('error')
          expect(errors).toEqual([])
        }),
        { numRuns: 15 },
      )
    })
  })

  test('Data after Close Write is a Protocol Error, and not sent', async () => {
    const { near, far } = await (await KINDS['loopback streams'](lab))()
    near.send(Buffer.from('before'))
    near.closeWrite()
    near.send(Buffer.from('after'))
    near.closeWrite()
    expect((await near.client.next('error')).message).toBe(
      `Data was sent on connection ${near.id} after its Close Write`,
    )
    await untilTold(far, ['end after 6'])
    expect(near.client.all('error').length).toBe(1)
  })

  test('Close Write for an unknown connection is ignored', async () => {
    const { near } = await (await KINDS['loopback streams'](lab))()
    near.client.send({ type: 'closeWrite', id: 99n })
    near.client.send({ type: 'data', id: 2n ** 60n, data: new Uint8Array() })
    await near.client.next('connectionClosed')
    expect(near.client.all('error')).toEqual([])
  })

  test('a connection that is not half-open still receives after its Close Write, and closes with the remote’s end', async () => {
    const target = await lab.started()
    const near = await lab.another(target, { subprotocol: SUBPROTOCOL })
    target.client.send({ type: 'listen', frames: false, protocol: PROTOCOL })
    await target.client.next('listening')
    near.connect(target.id, PROTOCOL, false)
    const { id } = await near.next('peerConnection')
    const { id: at } = await target.client.next('listenerConnection')
    // The page of 2020 sees the end as the end of the connection.
    near.send({ type: 'data', id, data: Buffer.from('question') })
    near.send({ type: 'closeWrite', id })
    expect(await target.client.next('connectionClosed')).toMatchObject({ id: at, reason: 'EOF' })
    expect(await near.next('connectionClosed')).toMatchObject({ id, reason: 'EOF' })
    expect(near.all('remoteClosedWrite')).toEqual([])
    expect(target.client.dataOf(at).toString()).toBe('question')
  })

  test('a frame that the end of data cuts off is not taken for the end', async () => {
    const target = await lab.started()
    const near = await lab.another(target, { subprotocol: SUBPROTOCOL })
    near.send({ type: 'listen', frames: true, halfOpen: true, protocol: PROTOCOL })
    await near.next('listening')
    const stream = await streamTo(await lab.reference(), target, PROTOCOL)
    stream.send(Uint8Array.of(0, 0, 0, 9, 1, 2))
    void stream.close()
    expect((await near.next('connectionClosed')).reason).toContain('the stream ended inside a frame')
    expect(near.all('remoteClosedWrite')).toEqual([])
  })
})

const lab = new RelayLab(wsHost)

test('a WebRTC stream whose channel is lost after Close Write is not taken for the end of data', async () => {
  const remote = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'] },
    transports: [webRTCDirect()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  })
  lab.cleanups.push(async () => await remote.stop())
  const streams: Stream[] = []
  await remote.handle(PROTOCOL, (stream) => void streams.push(stream))
  const target = await lab.started({ transports: [webRTCDirect()], listen: [] })
  const near = await lab.another(target, { subprotocol: SUBPROTOCOL })
  for (const [index, isLost] of [false, true].entries()) {
    near.send({
      type: 'connect',
      peer: addressOf(remote),
      protocol: PROTOCOL,
      frames: false,
      halfOpen: true,
      relay: '',
    })
    const { id } = await near.next('peerConnection', index)
    const stream = await until('the stream of the remote', () => streams[index])
    const got = collect(stream)
    near.send({ type: 'data', id, data: Buffer.from('question') })
    near.send({ type: 'closeWrite', id })
    await until('the end of the question', () => got.remoteEnded)
    stream.send(Buffer.from('answer'))
    await until('the answer', () => near.bytesOf(id) === 6)
    if (isLost) (stream as Stream & { channel: RTCDataChannel }).channel.close()
    else await stream.close()
    const { reason } = await near.next('connectionClosed', index)
    expect(reason === 'EOF').toBe(!isLost)
    expect(near.all('remoteClosedWrite').length).toBe(1)
  }
})
