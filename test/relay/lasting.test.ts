import '../support/polyfill.ts'
import { createHash, randomBytes } from 'node:crypto'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { Connection, Libp2p, PrivateKey, StreamMuxer } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { webRTC } from '@libp2p/webrtc'
import type { Uint8ArrayList } from 'uint8arraylist'
import { afterEach, describe, expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import type { Relay, TransportFactory } from '../../src/relay/index.ts'
import type { StreamStatus } from '../../src/status/index.ts'
import { heldBytes } from '../support/heap.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/lasting'
const OURS = new Set([PROTOCOL, '/lasting/1.0.0'])

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Side {
  relay: Relay
  client: RelayClient
  id: string
  addresses: string[]
}

async function start(options: Parameters<typeof makeRelay>[0] = {}): Promise<Side> {
  const relay = makeRelay(options)
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = new RelayClient()
  client.socket = await served.connect(client)
  const { peer, addresses } = await client.start()
  return { relay, client, id: peer, addresses }
}

/** One client's connection to another one, and what each has sent and received. */
class Pair {
  readonly ends: readonly { side: Side; id: bigint; sent: Buffer[] }[]

  private constructor(near: Side, nearId: bigint, far: Side, farId: bigint) {
    this.ends = [
      { side: near, id: nearId, sent: [] },
      { side: far, id: farId, sent: [] },
    ]
  }

  static async connect(near: Side, far: Side, addrs: string[]): Promise<Pair> {
    await far.client.listen(PROTOCOL, false)
    near.client.connect(encodePeerAddress({ peer: far.id, addrs }), PROTOCOL, false)
    const { id } = await near.client.next('peerConnection')
    const accepted = await far.client.next('listenerConnection')
    return new Pair(near, id, far, accepted.id)
  }

  /** Sends random bytes from both ends, or only from the end that dialled. */
  send(bytes: number, from: 'both' | 'near' = 'both'): void {
    for (const { side, id, sent } of from === 'both' ? this.ends : this.ends.slice(0, 1)) {
      const data = randomBytes(bytes)
      sent.push(data)
      side.client.send({ type: 'data', id, data })
    }
  }

  /** Waits until both ends have all that the other one has sent. */
  async delivered(): Promise<void> {
    for (const [index, { sent }] of this.ends.entries()) {
      const other = this.ends[1 - index]
      if (other === undefined) throw new Error('there are two ends')
      const expected = Buffer.concat(sent)
      await until('all bytes', () => other.side.client.bytesOf(other.id) >= expected.byteLength)
      expect(hash(other.side.client.dataOf(other.id))).toBe(hash(expected))
    }
  }

  /** Where the status says that the bytes go, at both ends. */
  get paths(): (StreamStatus['path'] | undefined)[] {
    return this.ends.map(({ side }) => side.relay.status().clients[0]?.streams[0]?.path)
  }

  /** The libp2p connections that carry it, at both ends. */
  get links(): (string | undefined)[] {
    return this.ends.map(({ side }) => side.relay.status().clients[0]?.streams[0]?.connection)
  }

  get closed(): unknown[] {
    return this.ends.flatMap(({ side }) => side.client.all('connectionClosed'))
  }
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The address of a side behind a proxy. */
async function behindProxy(side: Side): Promise<{ proxy: TcpProxy; address: string }> {
  const port = /\/ip4\/127\.0\.0\.1\/tcp\/(\d+)/u.exec(side.addresses[0] ?? '')?.[1]
  const proxy = await startTcpProxy(Number(port))
  cleanups.push(() => proxy.close())
  return { proxy, address: `/ip4/127.0.0.1/tcp/${proxy.port}` }
}

async function startCircuitRelay(port = 0, privateKey?: PrivateKey): Promise<Libp2p> {
  const relay = { reservations: { applyDefaultLimit: false } }
  return await startReferencePeer({ relay, port, ...(privateKey === undefined ? {} : { privateKey }) })
}

/** WebRTC that dials only once `gate` has resolved. */
function lateWebRtc(gate: Promise<void>): TransportFactory {
  return (components) => {
    const transport = webRTC({ rtcConfiguration: { iceServers: [] } })(components)
    const dial = transport.dial.bind(transport)
    transport.dial = async (address, options) => {
      await gate
      return await dial(address, options)
    }
    return transport
  }
}

const webRtcTransports = [tcp(), webRTC({ rtcConfiguration: { iceServers: [] } })]

/** The WebRTC transport, and the links that its dials have made. */
function recordedWebRtc(): { transport: TransportFactory; made: Connection[] } {
  const made: Connection[] = []
  const factory = webRTC({ rtcConfiguration: { iceServers: [] } })
  const transport: TransportFactory = (components) => {
    const webRtc = factory(components)
    const dial = webRtc.dial.bind(webRtc)
    webRtc.dial = async (address, options) => {
      const link = await dial(address, options)
      made.push(link)
      return link
    }
    return webRtc
  }
  return { transport, made }
}

describe('a connection between two peers that know lasting streams', () => {
  test('goes on when its link is reset, again and again', async () => {
    const [near, far] = [await start({ listen: [] }), await start()]
    const { proxy, address } = await behindProxy(far)
    const pair = await Pair.connect(near, far, [address])
    for (let round = 0; round < 10; round++) {
      pair.send(700_000)
      proxy.reset()
      pair.send(1_000)
      proxy.restore()
      pair.send(1_000)
      await pair.delivered()
    }
    expect(pair.closed).toEqual([])
    near.client.send({ type: 'close', id: pair.ends[0]?.id ?? 0n })
    expect((await far.client.next('connectionClosed')).reason).toBe('EOF')
    expect((await near.client.next('connectionClosed')).reason).toBe('closed')
  })

  test('is shown as interrupted while no link can be made, and then goes on', async () => {
    const [near, far] = [await start({ listen: [] }), await start()]
    const { proxy, address } = await behindProxy(far)
    const pair = await Pair.connect(near, far, [address])
    proxy.reset()
    pair.send(100_000)
    await until('the interruption', () => pair.paths.every((path) => path === 'interrupted'))
    expect(near.relay.status()).toMatchObject({
      clients: [{ streams: [{ lasting: { linkChanges: 0 } }] }],
      peer: { lasting: { streams: 1, interrupted: 1, resumed: 0, lost: 0 } },
    })
    expect(pair.closed).toEqual([])
    proxy.restore()
    await pair.delivered()
    expect(pair.paths).toEqual(['direct', 'direct'])
    expect(near.relay.status()).toMatchObject({
      clients: [{ streams: [{ lasting: { linkChanges: 1 } }] }],
      peer: { lasting: { streams: 1, interrupted: 0, resumed: 1, moved: 0, lost: 0 } },
    })
  })

  test('ends with the reason of the loss if no link comes in time, and never as EOF', async () => {
    const bounds = { lasting: { resumeTimeoutMs: 500 } }
    const [near, far] = [await start({ listen: [], bounds }), await start({ bounds })]
    const { proxy, address } = await behindProxy(far)
    await Pair.connect(near, far, [address])
    proxy.reset()
    for (const { client } of [near, far])
      expect((await client.next('connectionClosed')).reason).toMatch(/^connection lost: the connection to /u)
    for (const { relay } of [near, far])
      expect(relay.status().peer?.lasting).toMatchObject({ streams: 0, interrupted: 0, lost: 1, resumed: 0 })
  })

  test('goes on when its circuit relay is restarted', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    let circuitRelay = await startCircuitRelay(0, privateKey)
    cleanups.push(async () => await circuitRelay.stop())
    const address = circuitRelay.getMultiaddrs()[0]?.toString() ?? ''
    const port = Number(/tcp\/(\d+)/u.exec(address)?.[1])
    const network = { relays: [address] }
    const [near, far] = [await start({ listen: [], network }), await start({ listen: [], network })]
    const pair = await Pair.connect(near, far, far.addresses)
    expect(pair.paths).toEqual(['relayed', 'relayed'])
    pair.send(2_000_000)
    await circuitRelay.stop()
    circuitRelay = await startCircuitRelay(port, privateKey)
    pair.send(1_000)
    await pair.delivered()
    expect(pair.closed).toEqual([])
  })

  test('goes on when its circuit has carried all that its circuit relay allows', async () => {
    const circuitRelay = await startReferencePeer({ relay: true })
    cleanups.push(async () => await circuitRelay.stop())
    const network = { relays: circuitRelay.getMultiaddrs().map(String) }
    const [near, far] = [await start({ listen: [], network }), await start({ listen: [], network })]
    const pair = await Pair.connect(near, far, far.addresses)
    // js-libp2p's circuit relay lets 128 KiB through.
    pair.send(500_000)
    await pair.delivered()
    expect(pair.closed).toEqual([])
  })

  describe('on a circuit that is cut after 128 KiB', () => {
    /** The bytes that a side's circuit may still carry. */
    const leftBytes = ({ relay }: Side): number | undefined =>
      relay.status().peer?.connections.find(({ limited }) => limited)?.leftBytes

    async function connectLate(gate: Promise<void>): Promise<Pair> {
      const circuitRelay = await startReferencePeer({ relay: true })
      cleanups.push(async () => await circuitRelay.stop())
      const options = {
        network: { relays: circuitRelay.getMultiaddrs().map(String) },
        transports: [tcp(), lateWebRtc(gate)],
        listen: ['/webrtc'],
      }
      const [near, far] = [await start(options), await start(options)]
      return await Pair.connect(near, far, far.addresses)
    }

    test('leaves room for the signalling while WebRTC is being made, and then moves', async () => {
      const gate = Promise.withResolvers<void>()
      const pair = await connectLate(gate.promise)
      pair.send(1_000)
      await pair.delivered()
      pair.send(500_000)
      await until('both sides to hold back', () =>
        pair.ends.every(({ side }) => (leftBytes(side) ?? Infinity) < 90_000),
      )
      expect(pair.paths).toEqual(['relayed', 'relayed'])
      gate.resolve()
      await pair.delivered()
      expect(pair.paths).toEqual(['webrtc', 'webrtc'])
      for (const { side } of pair.ends)
        expect(side.relay.status().peer?.lasting).toMatchObject({ resumed: 0, moved: 1, lost: 0 })
      expect(pair.closed).toEqual([])
    })

    test('uses up one circuit after the other once there will be no WebRTC', async () => {
      const gate = Promise.withResolvers<void>()
      const pair = await connectLate(gate.promise)
      pair.send(120_000)
      await until('both sides to hold back', () =>
        pair.ends.every(({ side }) => (leftBytes(side) ?? Infinity) < 90_000),
      )
      gate.reject(new Error('no WebRTC today'))
      await pair.delivered()
      expect(pair.paths).toEqual(['relayed', 'relayed'])
      expect(pair.ends[0]?.side.relay.status().peer?.lasting?.resumed).toBeGreaterThan(0)
      expect(pair.closed).toEqual([])
    })
  })

  test('opens on the circuit, and moves to WebRTC once that stands', async () => {
    const circuitRelay = await startCircuitRelay()
    cleanups.push(async () => await circuitRelay.stop())
    const options = {
      network: { relays: circuitRelay.getMultiaddrs().map(String) },
      transports: webRtcTransports,
      listen: ['/webrtc'],
    }
    const [near, far] = [await start(options), await start(options)]
    const pair = await Pair.connect(near, far, far.addresses)
    pair.send(500_000)
    await until('WebRTC at both ends', () => pair.paths.every((path) => path === 'webrtc'))
    pair.send(500_000)
    await pair.delivered()
    expect(pair.closed).toEqual([])
  })

  test('goes back to WebRTC after its WebRTC link was lost', async () => {
    const circuitRelay = await startCircuitRelay()
    cleanups.push(async () => await circuitRelay.stop())
    const network = { relays: circuitRelay.getMultiaddrs().map(String) }
    const { transport, made } = recordedWebRtc()
    const options = { network, transports: [tcp(), transport], listen: ['/webrtc'] }
    const [near, far] = [await start(options), await start(options)]
    const pair = await Pair.connect(near, far, far.addresses)
    for (let round = 0; round < 3; round++) {
      await until('WebRTC at both ends', () => pair.paths.every((path) => path === 'webrtc'))
      pair.send(500_000)
      const before = pair.links
      for (const link of made.splice(0)) link.abort(new Error('this test ends it'))
      await until('other links', () => pair.links.every((link, end) => link !== before[end]))
      pair.send(1_000)
      await pair.delivered()
    }
    expect(pair.closed).toEqual([])
  })

  test('moves to WebRTC when one side becomes able to make it later', async () => {
    const circuitRelay = await startCircuitRelay()
    cleanups.push(async () => await circuitRelay.stop())
    const network = { relays: circuitRelay.getMultiaddrs().map(String) }
    const able = { network, transports: webRtcTransports, listen: ['/webrtc'] }
    for (const [nearOptions, farOptions] of [
      [{ network, listen: [] }, able],
      [able, { network, listen: [] }],
    ]) {
      const [near, far] = [await start(nearOptions), await start(farOptions)]
      const pair = await Pair.connect(near, far, far.addresses)
      pair.send(100_000)
      await pair.delivered()
      expect(pair.paths).toEqual(['relayed', 'relayed'])
      const late = nearOptions === able ? far : near
      await late.relay.addTransport('@libp2p/webrtc', webRTC({ rtcConfiguration: { iceServers: [] } }), [
        '/webrtc',
      ])
      await until('WebRTC at both ends', () => pair.paths.every((path) => path === 'webrtc'))
      expect(pair.closed).toEqual([])
    }
  })

  test('slows its sender down over WebRTC as well, in bounded memory at both ends', async () => {
    const circuitRelay = await startCircuitRelay()
    cleanups.push(async () => await circuitRelay.stop())
    const options = {
      network: { relays: circuitRelay.getMultiaddrs().map(String) },
      transports: webRtcTransports,
      listen: ['/webrtc'],
    }
    const [near, far] = [await start(options), await start(options)]
    const pair = await Pair.connect(near, far, far.addresses)
    await until('WebRTC at both ends', () => pair.paths.every((path) => path === 'webrtc'))
    far.client.socket.pause?.()
    const data = randomBytes(500_000)
    const before = heldBytes()
    for (let count = 0; count < 120; count++)
      near.client.send({ type: 'data', id: pair.ends[0]?.id ?? 0n, data })
    await until('the sender to wait', () => near.relay.status().clients[0]?.heldUp !== undefined)
    // Both peers are in this process; the sending client keeps what its relay doesn't read.
    expect(heldBytes() - before - near.client.socket.bufferedAmount).toBeLessThan(32_000_000)
    far.client.socket.resume?.()
    const arrived = (): number =>
      far.client.all('data').reduce((total, message) => total + message.data.byteLength, 0)
    await until('all bytes', () => arrived() === 60_000_000)
    const sent = Buffer.concat(Array.from({ length: 120 }, () => data))
    expect(hash(far.client.dataOf(pair.ends[1]?.id ?? 0n))).toBe(hash(sent))
    expect(pair.closed).toEqual([])
  })

  test('slows its sender down when its client does not read, and loses nothing', async () => {
    const [near, far] = [await start({ listen: [] }), await start()]
    const { proxy, address } = await behindProxy(far)
    const pair = await Pair.connect(near, far, [address])
    far.client.socket.pause?.()
    pair.send(500_000)
    for (let count = 0; count < 39; count++) pair.send(500_000, 'near')
    await until('the sender to wait', () => near.relay.status().clients[0]?.heldUp !== undefined)
    const { clients, peer } = near.relay.status()
    const unacknowledgedBytes = clients[0]?.streams[0]?.lasting?.unacknowledgedBytes ?? 0
    expect(unacknowledgedBytes).toBeGreaterThan(0)
    expect(unacknowledgedBytes).toBeLessThanOrEqual(4_194_304)
    expect(peer?.lasting).toMatchObject({ unacknowledgedBytes })
    proxy.reset()
    proxy.restore()
    far.client.socket.resume?.()
    await pair.delivered()
    expect(pair.closed).toEqual([])
  })

  test('is not lost to the end of the client that sends: what it sent before it closed arrives', async () => {
    const [near, far] = [await start({ listen: [] }), await start()]
    const { proxy, address } = await behindProxy(far)
    const pair = await Pair.connect(near, far, [address])
    pair.send(800_000)
    near.client.socket.close()
    proxy.reset()
    proxy.restore()
    await until('all bytes', () => far.client.bytesOf(pair.ends[1]?.id ?? 0n) === 800_000)
    expect((await far.client.next('connectionClosed')).reason).toBe('EOF')
  })

  test('is reset when the client that has sent dies, once everything has arrived', async () => {
    const [near, far] = [await start({ listen: [] }), await start()]
    const pair = await Pair.connect(near, far, far.addresses)
    pair.send(1_000)
    near.client.socket.cut()
    expect((await far.client.next('connectionClosed')).reason).toBe('the other side reset the stream')
    expect(far.client.bytesOf(pair.ends[1]?.id ?? 0n)).toBe(1_000)
  })

  test('is reset when the client that sends dies, also if the link is lost at that time', async () => {
    const [near, far] = [await start({ listen: [] }), await start()]
    const { proxy, address } = await behindProxy(far)
    const pair = await Pair.connect(near, far, [address])
    pair.send(800_000)
    near.client.socket.cut()
    proxy.reset()
    proxy.restore()
    expect((await far.client.next('connectionClosed')).reason).toBe('the other side reset the stream')
  })

  test('is reset, never ended, when the relay of the sender stops in the middle', async () => {
    const [near, far] = [await start({ listen: [] }), await start()]
    const pair = await Pair.connect(near, far, far.addresses)
    for (let count = 0; count < 20; count++)
      near.client.send({ type: 'data', id: pair.ends[0]?.id ?? 0n, data: randomBytes(1_000_000) })
    await until('the first bytes', () => far.client.bytesOf(pair.ends[1]?.id ?? 0n) > 0)
    await near.relay.stop()
    expect((await far.client.next('connectionClosed')).reason).toBe('the other side reset the stream')
  })
})

describe('a peer that knows only ordinary streams', () => {
  /** The protocols that such a peer is asked for: one list for each piece of data that arrives. */
  async function startPlain(
    protocols: string[],
    listen: string[] = [],
  ): Promise<{ plain: Libp2p; asked: string[][] }> {
    const asked: string[][] = []
    const factory = yamux()()
    const plain = await startReferencePeer({
      listen,
      muxer: {
        protocol: factory.protocol,
        createStreamMuxer(connection): StreamMuxer {
          const muxer = factory.createStreamMuxer(connection) as StreamMuxer & {
            onData(data: Uint8Array | Uint8ArrayList): void
          }
          const onData = muxer.onData.bind(muxer)
          muxer.onData = (data) => {
            const text = new TextDecoder('latin1').decode(data.slice())
            asked.push(text.match(/\/[\w./-]+(?=\n)/gu) ?? [])
            onData(data)
          }
          return muxer
        },
      },
    })
    cleanups.push(async () => await plain.stop())
    for (const protocol of protocols)
      await plain.handle(protocol, () => undefined, { runOnLimitedConnection: true })
    return { plain, asked }
  }

  test('is asked for one thing more on first contact, in the same packet, and for nothing afterwards', async () => {
    const { plain, asked } = await startPlain([PROTOCOL])
    const near = await start()
    const target = encodePeerAddress({
      peer: plain.peerId.toString(),
      addrs: plain.getMultiaddrs().map(String),
    })
    near.client.connect(target, PROTOCOL)
    await near.client.next('peerConnection')
    await until('identify', () => asked.flat().includes('/ipfs/id/1.0.0'))
    near.client.connect(target, PROTOCOL)
    await near.client.next('peerConnection', 1)
    const forStreams = asked
      .map((names) => names.filter((name) => OURS.has(name)))
      .filter(({ length }) => length > 0)
    expect(forStreams).toEqual([['/lasting/1.0.0', PROTOCOL], [PROTOCOL]])
  })

  test('is reached through a circuit as ever', async () => {
    const circuitRelay = await startCircuitRelay()
    cleanups.push(async () => await circuitRelay.stop())
    const [address = ''] = circuitRelay.getMultiaddrs().map(String)
    const plain = await startReferencePeer({ listen: [`${address}/p2p-circuit`] })
    cleanups.push(async () => await plain.stop())
    await plain.handle(PROTOCOL, (stream) => void stream.send(Buffer.from('plain')), {
      runOnLimitedConnection: true,
    })
    const near = await start({ network: { relays: [address] }, listen: [] })
    const circuit = await until('its circuit address', () =>
      plain.getMultiaddrs().find((one) => one.toString().includes('p2p-circuit')),
    )
    const target = encodePeerAddress({ peer: plain.peerId.toString(), addrs: [circuit.toString()] })
    near.client.connect(target, PROTOCOL, false)
    const { id } = await near.client.next('peerConnection')
    await until('its bytes', () => near.client.dataOf(id).toString() === 'plain')
    near.client.connect(target, '/x/unserved', false)
    expect((await near.client.next('peerConnectionRefused')).error).toContain('does not serve')
  })

  test('is asked for nothing more on a circuit, also by a peer that could replace it by WebRTC', async () => {
    const circuitRelay = await startCircuitRelay()
    cleanups.push(async () => await circuitRelay.stop())
    const [address = ''] = circuitRelay.getMultiaddrs().map(String)
    const { plain, asked } = await startPlain([PROTOCOL], [`${address}/p2p-circuit`])
    const near = await start({ transports: webRtcTransports, listen: [] })
    const circuit = await until('its circuit address', () =>
      plain.getMultiaddrs().find((one) => one.toString().includes('p2p-circuit')),
    )
    const target = encodePeerAddress({ peer: plain.peerId.toString(), addrs: [circuit.toString()] })
    near.client.connect(target, PROTOCOL)
    await near.client.next('peerConnection')
    await until('the proposal', () => asked.flat().includes(PROTOCOL))
    expect(asked.flat()).not.toContain('/lasting/1.0.0')
  })

  test('refuses what it does not serve, with the same words as ever', async () => {
    const { plain } = await startPlain([])
    const near = await start()
    near.client.connect(
      encodePeerAddress({ peer: plain.peerId.toString(), addrs: plain.getMultiaddrs().map(String) }),
      PROTOCOL,
    )
    expect((await near.client.next('peerConnectionRefused')).error).toContain('does not serve')
  })
})
