import '../support/polyfill.ts'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { Uint8ArrayList } from 'uint8arraylist'
import { afterEach, expect, test, vi } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { StreamConnection } from '../../src/relay/clients/stream-connection.ts'
import type { CloseReason, Relay, RelayBounds } from '../../src/relay/index.ts'
import { DEFAULT_BOUNDS } from '../../src/relay/index.ts'
import { loopbackPair } from '../../src/relay/clients/loopback-stream.ts'
import { ManualSocket } from '../support/manual-socket.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { until } from '../support/until.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Bench {
  relay: Relay
  client: ManualSocket
  peer: Libp2p
  connection: Connection
}

/** A relay whose client listens on `/x/t` without frames, and a reference peer that is connected to it. */
async function start(bounds: Partial<RelayBounds> = {}): Promise<Bench> {
  const relay = makeRelay({ bounds })
  cleanups.push(() => relay.stop())
  await relay.start()
  const client = new ManualSocket(relay)
  client.put({ type: 'listen', frames: false, protocol: '/x/t' })
  const peer = await startReferencePeer()
  cleanups.push(async () => await peer.stop())
  const status = relay.status().peer
  const addresses = status?.addresses.map(({ address }) => multiaddr(`${address}/p2p/${status.id}`)) ?? []
  return { relay, client, peer, connection: await peer.dial(addresses) }
}

async function connect({ client, peer }: Bench, protocol: string, frames = false): Promise<bigint> {
  const index = client.all('peerConnection').length
  const addrs = peer.getMultiaddrs().map((address) => address.toString())
  const target = encodePeerAddress({ peer: peer.peerId.toString(), addrs })
  client.put({ type: 'connect', peer: target, protocol, frames, relay: '' })
  return (await until(`a connection for ${protocol}`, () => client.all('peerConnection')[index])).id
}

/** Sends as fast as the stream accepts data. */
async function pump(stream: Stream, totalBytes: number, sent: (bytes: number) => void): Promise<void> {
  const chunk = new Uint8Array(65_536)
  for (let bytes = 0; bytes < totalBytes; bytes += chunk.byteLength) {
    sent(bytes)
    if (stream.send(chunk)) continue
    await new Promise((resolve) => stream.addEventListener('drain', resolve, { once: true }))
  }
}

/** Waits until `value` has not changed for many turns of the event loop, so its source must be paused. */
async function settle(value: () => number): Promise<number> {
  let last = -1
  let calm = 0
  while (calm < 200) {
    const now = value()
    calm = now === last ? calm + 1 : 0
    last = now
    await new Promise((resolve) => setImmediate(resolve))
  }
  return last
}

test('a client that reads a little at a time pauses the sender each time', async () => {
  const bench = await start()
  bench.client.highWaterBytes = 100_000
  const stream = await bench.connection.newStream('/x/t')
  let sentBytes = 0
  void pump(stream, 64_000_000, (bytes) => {
    sentBytes = bytes
  }).catch(() => undefined)
  for (let times = 0; times < 12; times++) {
    await settle(() => sentBytes + bench.client.dataBytes)
    expect(sentBytes - bench.client.dataBytes).toBeLessThan(6_000_000)
    bench.client.drain()
  }
  expect(bench.client.dataBytes).toBeGreaterThan(500_000)
  expect(bench.client.all('connectionClosed')).toEqual([])
})

test('unread bytes of a stream that are lost with its link are reported as lost, not as EOF', async () => {
  const { peer } = await start()
  const { dialer, listener } = loopbackPair('/x/t', peer.logger.forComponent('test'))
  const reasons: CloseReason[] = []
  const sent: Uint8Array[] = []
  const connection = new StreamConnection({
    id: 0n,
    stream: listener,
    frames: false,
    halfOpen: false,
    remoteClosedWrite: () => undefined,
    ownsBuffers: true,
    bounds: DEFAULT_BOUNDS,
    log: () => undefined,
    queueTask: setImmediate,
    link: { describe: () => ({ text: 'a link', limitReached: false }), lost: () => undefined },
    send: (message) => {
      sent.push(message)
      return false
    },
    ended: (reason) => reasons.push(reason),
  })
  connection.start()
  dialer.send(new Uint8Array(2_000))
  await until('the first bytes', () => sent.length === 1)
  dialer.send(new Uint8Array(50_000))
  await dialer.close()
  expect(listener.readBufferLength).toBe(50_000)
  // As js-libp2p does when a ping gets no answer.
  listener.abort(new Error('on purpose'))
  connection.drain()
  await until('the end', () => reasons.length > 0)
  expect(reasons).toEqual([{ kind: 'lost', link: 'a link' }])
})

test('a connection that its client never resumes ends when its stream holds too much', async () => {
  const { peer } = await start()
  const { listener } = loopbackPair('/x/t', peer.logger.forComponent('test'))
  const reasons: CloseReason[] = []
  const connection = new StreamConnection({
    id: 0n,
    stream: listener,
    frames: false,
    halfOpen: false,
    remoteClosedWrite: () => undefined,
    ownsBuffers: true,
    bounds: DEFAULT_BOUNDS,
    log: () => undefined,
    queueTask: setImmediate,
    link: { describe: () => ({ text: 'a link', limitReached: false }), lost: () => undefined },
    send: () => true,
    ended: (reason) => reasons.push(reason),
  })
  connection.maxUnreadBytes = 1_000_000
  connection.start()
  connection.pause()
  // As a WebRTC stream does: it can't ask its sender to wait.
  for (let count = 0; count < 20; count++) listener.onData(new Uint8ArrayList(new Uint8Array(100_000)))
  connection.resume()
  await until('the end', () => reasons.length > 0)
  expect(reasons).toEqual([{ kind: 'too-slow', maxBytes: 1_000_000 }])
})

test('a stuck stream keeps its sender paused even while others on the same link are busy', async () => {
  const bench = await start()
  await bench.peer.handle('/x/stuck', (stream) => stream.pause())
  let busyBytes = 0
  await bench.peer.handle('/x/busy', (stream) => {
    stream.addEventListener('message', ({ data }) => {
      busyBytes += data.byteLength
    })
  })
  const stuck = await connect(bench, '/x/stuck')
  const busy = await connect(bench, '/x/busy')
  let handedOver = 0
  while (!bench.client.isPaused) {
    bench.client.put({ type: 'data', id: stuck, data: new Uint8Array(65_536) })
    handedOver += 65_536
  }
  const waiting = bench.client.unsettled
  expect(waiting).toBeGreaterThan(0)
  // The other streams' traffic must not let more of it through: its queue is full.
  for (let times = 0; times < 100; times++) {
    bench.client.put({ type: 'data', id: busy, data: new Uint8Array(262_144) })
    await new Promise((resolve) => setImmediate(resolve))
  }
  await until('the busy bytes', () => busyBytes === 100 * 262_144)
  expect(bench.client.isPaused).toBe(true)
  expect(bench.client.unsettled).toBeGreaterThanOrEqual(waiting - 8)
  expect(handedOver).toBeLessThan(8_000_000)
})

test('Close is answered only after everything sent has left this machine, however slowly the remote reads', async () => {
  const bench = await start({ lingerTimeoutMs: 400 })
  const streams: Stream[] = []
  let got = 0
  await bench.peer.handle('/x/slow', (stream) => {
    stream.pause()
    streams.push(stream)
    stream.addEventListener('message', ({ data }) => {
      got += data.byteLength
      stream.pause()
    })
  })
  const id = await connect(bench, '/x/slow')
  bench.client.put({ type: 'data', id, data: new Uint8Array(3_000_000) })
  bench.client.put({ type: 'close', id })
  // The remote reads one window at a time. Each arrives within the timeout for progress, but all together
  // don't.
  await until('all bytes', () => {
    const [stream] = streams
    if (stream?.readStatus === 'paused' && got < 3_000_000) stream.resume()
    return got === 3_000_000
  })
  await until('Connection Closed', () => bench.client.all('connectionClosed').length > 0)
  expect(bench.client.all('connectionClosed')).toEqual([{ type: 'connectionClosed', id, reason: 'closed' }])
})

test('what was sent before Close still reaches the remote if the client leaves immediately, however long it takes', async () => {
  // The relay doesn't measure the remote's progress in between.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  cleanups.push(async () => vi.useRealTimers())
  const { peer } = await start()
  const { dialer, listener } = loopbackPair('/x/t', peer.logger.forComponent('test'))
  let got = 0
  let remoteEnded = false
  listener.addEventListener('message', ({ data }) => {
    got += data.byteLength
  })
  listener.addEventListener('remoteCloseWrite', () => {
    remoteEnded = true
  })
  listener.pause()
  const lingerTimeoutMs = 5
  const connection = new StreamConnection({
    id: 0n,
    stream: dialer,
    frames: false,
    halfOpen: false,
    remoteClosedWrite: () => undefined,
    ownsBuffers: true,
    bounds: { ...DEFAULT_BOUNDS, lingerTimeoutMs },
    log: () => undefined,
    queueTask: setImmediate,
    link: { describe: () => ({ text: 'a link', limitReached: false }), lost: () => undefined },
    send: () => true,
    ended: () => undefined,
  })
  connection.start()
  void connection.write(new Uint8Array(4_000_000))
  void connection.close({ kind: 'closed' })
  connection.abandon(true)
  // By then, every timer that the connection has set for this has fired.
  await new Promise((resolve) => setTimeout(resolve, 10 * lingerTimeoutMs))
  expect(dialer.status).toBe('open')
  listener.resume()
  await until('the end', () => remoteEnded)
  expect(got).toBe(4_000_000)
})

test('Close of data that nobody reads times out, and the reason says so', async () => {
  const bench = await start({ lingerTimeoutMs: 200 })
  await bench.peer.handle('/x/never', (stream) => stream.pause())
  const id = await connect(bench, '/x/never')
  bench.client.put({ type: 'data', id, data: new Uint8Array(3_000_000) })
  bench.client.put({ type: 'close', id })
  const [closed] = await until('Connection Closed', () => {
    const all = bench.client.all('connectionClosed')
    return all.length > 0 && all
  })
  expect(closed?.reason).toBe('closed, but the other side did not receive everything that was sent')
})

test('a flood of empty frames is paused like a flood of bytes', async () => {
  const bench = await start()
  await bench.peer.handle('/x/stuck', (stream) => stream.pause())
  const id = await connect(bench, '/x/stuck', true)
  let count = 0
  while (!bench.client.isPaused && count < 200_000) {
    // The stream's own window is filled first.
    bench.client.put({ type: 'data', id, data: new Uint8Array(count < 40 ? 65_536 : 0) })
    count += 1
  }
  expect(bench.client.isPaused).toBe(true)
  expect(count).toBeLessThan(20_000)
})

test("a client that doesn't read its answers is no longer read from", async () => {
  const bench = await start()
  bench.client.highWaterBytes = 10_000
  let count = 0
  while (!bench.client.isPaused && count < 10_000) {
    bench.client.put({ type: 'data', id: 99n, data: new Uint8Array() })
    count += 1
  }
  expect(count).toBeLessThan(1_000)
  bench.client.drain()
  expect(bench.client.isPaused).toBe(false)
})

test('what a peer sends in quick succession arrives in few messages, complete, and before the end', async () => {
  const { client, connection } = await start()
  const stream = await connection.newStream('/x/t')
  const sent = Array.from({ length: 200 }, (_, index) => new Uint8Array(1_000).fill(index))
  for (const chunk of sent) stream.send(chunk)
  await stream.close()
  await until('the end', () => client.all('connectionClosed')[0])
  const received = client.all('data').map(({ data }) => data)
  expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true)
  expect(received.length).toBeLessThan(sent.length / 4)
  expect(client.all('connectionClosed')[0]?.reason).toBe('EOF')
})

test.each([
  { frames: false, readerIsSlow: false },
  { frames: false, readerIsSlow: true },
  { frames: true, readerIsSlow: true },
])('a loopback carries every byte, as whole messages and as parts: %o', async ({ frames, readerIsSlow }) => {
  const { relay } = await start()
  const listener = new ManualSocket(relay)
  const dialer = new ManualSocket(relay)
  listener.put({ type: 'listen', frames, protocol: '/x/loop' })
  const id = relay.status().peer?.id ?? ''
  dialer.put({ type: 'connect', peer: id, protocol: '/x/loop', frames, relay: '' })
  const { id: connection } = await until('the connection', () => dialer.all('peerConnection')[0])
  await until('the connection there', () => listener.all('listenerConnection')[0])
  if (readerIsSlow) listener.highWaterBytes = 300_000
  const sent: Uint8Array[] = []
  for (let index = 0; index < 60; index += 1) {
    const data = new Uint8Array(1 + ((index * 37_813) % 310_000)).map(
      (_, offset) => (index * 7 + offset) % 251,
    )
    sent.push(data)
    dialer.put({ type: 'data', id: connection, data })
    if (index % 5 === 0) {
      await new Promise((resolve) => setTimeout(resolve))
      listener.drain()
    }
  }
  const wanted = sent.reduce((sum, { byteLength }) => sum + byteLength, 0)
  await until('all bytes', () => {
    listener.drain()
    return listener.dataBytes >= wanted
  })
  const received = listener.all('data').map(({ data }) => data)
  expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true)
  if (frames)
    expect(received.map(({ byteLength }) => byteLength)).toEqual(sent.map((data) => data.byteLength))
})

test('a loopback delivers the rest of a message after its reader has transferred the other buffers', async () => {
  const { peer } = await start()
  const { dialer, listener } = loopbackPair('/x/t', peer.logger.forComponent('test'))
  const received: Uint8Array[] = []
  listener.addEventListener('message', ({ data }) => {
    for (const chunk of data instanceof Uint8Array ? [data] : data) {
      received.push(chunk.slice())
      if (chunk.byteLength === chunk.buffer.byteLength)
        structuredClone(chunk, { transfer: [chunk.buffer as ArrayBuffer] })
    }
  })
  listener.pause()
  const sent = [900_000, 200_000, 600_000, 700_000].map((length, index) =>
    new Uint8Array(length).fill(index + 1),
  )
  const wanted = Buffer.concat(sent)
  for (const message of sent) dialer.send(message)
  listener.resume()
  await until('all bytes', () => received.reduce((sum, { length }) => sum + length, 0) === wanted.byteLength)
  expect(Buffer.concat(received).equals(wanted)).toBe(true)
})

test('a loopback into a listener that has just gone ends with an error', async () => {
  const { relay, client } = await start()
  const dialer = new ManualSocket(relay)
  const id = relay.status().peer?.id ?? ''
  dialer.put({ type: 'connect', peer: id, protocol: '/x/t', frames: false, relay: '' })
  await Promise.resolve()
  client.close()
  await until('the end of the connection', () => dialer.all('connectionClosed').length === 1)
})
