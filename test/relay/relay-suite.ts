import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { formatKey } from '../../src/relay/index.ts'
import type { Host } from '../support/hosts.ts'
import { collect, frame } from '../support/peers.ts'
import type { RelayClient } from '../support/relay-client.ts'
import type { Started } from '../support/relay-lab.ts'
import { RelayLab, addressOf, streamTo as openStream } from '../support/relay-lab.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/test'

/** What `docs/protocol.md` promises, tested on a relay behind `host` with real peers at the far end. */
export function testRelay(host: Host): void {
  const lab = new RelayLab(host)
  const { cleanups } = lab
  const serve: RelayLab['serve'] = (options) => lab.serve(options)
  const open: RelayLab['open'] = (served, options) => lab.open(served, options)
  const started: RelayLab['started'] = (options) => lab.started(options)
  const reference: RelayLab['reference'] = (options) => lab.reference(options)
  const streamTo = (
    peer: Libp2p,
    target: Pick<Started, 'id' | 'addresses'>,
    protocol = PROTOCOL,
  ): Promise<Stream> => openStream(peer, target, protocol)

  describe('starting', () => {
    test('says Hello(0) to each waiting client, and sends all the same Identify after one Start', async () => {
      const served = await serve()
      const clients = [await open(served), await open(served), await open(served)]
      for (const client of clients) expect((await client.next('hello')).started).toBe(false)
      clients[1]?.send({ type: 'start', key: '' })
      const identities = await Promise.all(clients.map((client) => client.next('identify')))
      expect(new Set(identities.map(({ peer }) => peer)).size).toBe(1)
      expect(identities[0]?.addresses.length).toBeGreaterThan(0)
      for (const address of identities[0]?.addresses ?? [])
        expect(address).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/)

      const late = await open(served)
      expect((await late.next('hello')).started).toBe(true)
      expect((await late.next('identify')).key).toBe(identities[0]?.key)
    })

    test('answers a second Start with the current addresses, to that client only', async () => {
      const target = await started({ listen: [], transports: [] })
      const other = await lab.another(target)
      expect(target.addresses).toEqual([])
      await target.served.relay.addTransport('@libp2p/tcp', tcp(), ['/ip4/127.0.0.1/tcp/0'])
      target.client.send({ type: 'start', key: '' })
      const { peer, addresses } = await target.client.next('identify', 1)
      expect(peer).toBe(target.id)
      expect(addresses).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/)])
      // After a round trip of the other client, whatever was sent to it has arrived.
      await other.listen(PROTOCOL)
      expect(other.all('identify').length).toBe(1)
    })

    test('answers everything but Start with a Protocol Error until the peer runs', async () => {
      const client = await open(await serve())
      client.send({ type: 'listen', frames: true, protocol: PROTOCOL })
      client.send({ type: 'data', id: 0n, data: Uint8Array.of(1) })
      expect((await client.next('error', 1)).message).toContain('before the peer was running')
      expect((await client.start()).peer).not.toBe('')
    })

    test('uses the identity in Start, and refuses another one while it runs', async () => {
      const other = await started()
      const key = other.client.all('identify')[0]?.key ?? ''
      const served = await serve()
      const first = await open(served)
      first.send({ type: 'start', key }, 'documented')
      expect((await first.next('identify')).peer).toBe(other.id)

      const { client: third } = await started()
      first.send({ type: 'start', key: third.all('identify')[0]?.key ?? '' })
      expect((await first.next('error')).message).toContain('another identity is running')

      const second = await open(served)
      second.send({ type: 'start', key })
      expect((await second.next('identify')).peer).toBe(other.id)
      expect(second.all('error')).toEqual([])
    })

    test.each(['Ed25519', 'secp256k1', 'RSA'] as const)(
      'accepts the %s key that a page of July 2020 stored without its first two characters',
      async (type) => {
        const whole = formatKey(await (type === 'RSA' ? generateKeyPair(type, 2048) : generateKeyPair(type)))
        const client = await open(await serve())
        client.send({ type: 'start', key: whole.slice(2) })
        expect((await client.next('identify')).key).toBe(whole)
        client.send({ type: 'start', key: whole.slice(2) })
        client.send({ type: 'start', key: whole.slice(3) })
        expect((await client.next('error')).message).toContain('not base64 of a libp2p private key')
        expect(client.all('error').length).toBe(1)
      },
    )

    test('reports an invalid key, and starts with the next one', async () => {
      const client = await open(await serve())
      client.send({ type: 'start', key: 'CAESnonsense' })
      expect((await client.next('error')).message).toContain('key')
      client.send({ type: 'start', key: '' })
      expect((await client.next('identify')).peer).not.toBe('')
    })

    if (host.admitsForeign)
      test("sends no key to a client that isn't trusted with it", async () => {
        const { served, client } = await started()
        expect(client.all('identify')[0]?.key).not.toBe('')
        const foreign = await open(served, { mayHaveKey: false })
        expect((await foreign.next('identify')).key).toBe('')
      })
  })

  describe('listening', () => {
    test("one listener per protocol and peer is allowed, and none for libp2p's own protocols", async () => {
      const { served, client } = await started()
      const other = await open(served)
      await other.next('identify')
      await client.listen(PROTOCOL)
      client.send({ type: 'listen', frames: false, protocol: PROTOCOL })
      other.send({ type: 'listen', frames: true, protocol: PROTOCOL })
      other.send({ type: 'listen', frames: true, protocol: '/ipfs/id/1.0.0' })
      other.send({ type: 'listen', frames: true, protocol: '/libp2p/circuit/relay/0.2.0/stop' })
      expect((await client.next('listenRefused')).protocol).toBe(PROTOCOL)
      expect((await other.next('listenRefused', 2)).protocol).toContain('circuit')
      expect(other.all('listening')).toEqual([])
    })

    test('a protocol is free again as soon as the socket of its listener closes', async () => {
      const { served, client } = await started()
      await client.listen(PROTOCOL)
      const other = await open(served)
      await other.next('identify')
      client.socket.close()
      await until('the other client to listen', async () => {
        other.send({ type: 'listen', frames: true, protocol: PROTOCOL })
        const answers = (): number => other.all('listenRefused').length + other.all('listening').length
        const before = answers()
        await until('an answer to Listen', () => answers() > before || other.all('listening').length > 0)
        return other.all('listening').length > 0
      })
    })

    test("Stop of a protocol that this page doesn't listen on is ignored, as in 2020", async () => {
      const target = await started()
      const other = await lab.another(target)
      await other.listen(PROTOCOL)
      target.client.send({ type: 'stop', retain: false, protocol: PROTOCOL })
      target.client.send({ type: 'stop', retain: true, protocol: '/x/unknown' })
      target.client.connect(target.id, PROTOCOL)
      await target.client.next('peerConnection')
      await other.next('listenerConnection')
      for (const { received } of [target.client, other])
        expect(received.filter(({ type }) => type === 'error' || type === 'listenerClosed')).toEqual([])
    })

    test('Stop closes the connections and then the listener; with RETAIN they stay open', async () => {
      const target = await started()
      const { client } = target
      const peer = await reference()
      await client.listen(PROTOCOL)
      const first = await streamTo(peer, target)
      first.send(frame(Buffer.from('hello')))
      const { id } = await client.next('listenerConnection')
      await client.next('data')
      client.send({ type: 'stop', retain: true, protocol: PROTOCOL })
      await client.next('listenerClosed')
      first.send(frame(Buffer.from('still here')))
      expect(Buffer.from((await client.next('data', 1)).data).toString()).toBe('still here')

      await client.listen(PROTOCOL)
      await streamTo(peer, target)
      const { id: second } = await client.next('listenerConnection', 1)
      client.send({ type: 'stop', retain: false, protocol: PROTOCOL }, 'documented')
      await client.next('listenerClosed', 1)
      expect(client.all('connectionClosed').map((message) => message.id)).toEqual([second])
      expect(second).not.toBe(id)
      await expect(streamTo(peer, target)).rejects.toThrow()
    })
  })

  describe('a connection', () => {
    test.each([true, false])('carries bytes both ways with a listener, FRAMES=%s', async (frames) => {
      const target = await started()
      const peer = await reference()
      await target.client.listen(PROTOCOL, frames)
      const stream = await streamTo(peer, target)
      const got = collect(stream)
      stream.send(frames ? frame(Buffer.from('from afar')) : Buffer.from('from afar'))
      const { id, peer: from, protocol } = await target.client.next('listenerConnection')
      expect([from, protocol]).toEqual([peer.peerId.toString(), PROTOCOL])
      await until('the bytes from the remote', () => target.client.dataOf(id).toString() === 'from afar')
      target.client.send({ type: 'data', id, data: Buffer.from('to afar') })
      const expected = frames ? frame(Buffer.from('to afar')) : Buffer.from('to afar')
      await until('the bytes at the remote', () => got.bytes().equals(expected))
    })

    test('keeps frames whole, empty ones included, however the stream cuts them', async () => {
      const target = await started()
      const peer = await reference()
      await target.client.listen(PROTOCOL)
      const stream = await streamTo(peer, target)
      const payloads = [0, 1, 0, 70_000, 3, 300_000, 0].map((size) => randomBytes(size))
      const wire = Buffer.concat(payloads.map(frame))
      for (let start = 0; start < wire.length; start += 9_973) {
        if (!stream.send(wire.subarray(start, start + 9_973)))
          await new Promise((done) => stream.addEventListener('drain', done, { once: true }))
      }
      await target.client.next('data', payloads.length - 1)
      expect(target.client.all('data').map(({ data }) => Buffer.from(data))).toEqual(payloads)
    })

    test('is opened by a Connect that names a peer and its addresses', async () => {
      const { client } = await started()
      const peer = await reference()
      const streams: Stream[] = []
      await peer.handle(PROTOCOL, (stream) => {
        streams.push(stream)
        stream.addEventListener('message', ({ data }) => stream.send(data))
      })
      client.connect(addressOf(peer), PROTOCOL)
      const opened = await client.next('peerConnection')
      expect([opened.peer, opened.protocol]).toEqual([peer.peerId.toString(), PROTOCOL])
      client.send({ type: 'data', id: opened.id, data: Buffer.from('echo') })
      client.send({ type: 'data', id: opened.id, data: new Uint8Array() })
      await client.next('data', 1)
      expect(client.all('data').map(({ data }) => Buffer.from(data).toString())).toEqual(['echo', ''])
      // From now on the peer is known.
      client.connect(peer.peerId.toString(), PROTOCOL)
      expect((await client.next('peerConnection', 1)).id).not.toBe(opened.id)
    })

    test('ends with EOF after all bytes when the remote ends its stream', async () => {
      const target = await started()
      const peer = await reference()
      await target.client.listen(PROTOCOL, false)
      const stream = await streamTo(peer, target)
      const payload = randomBytes(3_000_000)
      stream.send(payload)
      await stream.close()
      const { id, reason } = await target.client.next('connectionClosed')
      expect(reason).toBe('EOF')
      expect(target.client.dataOf(id).equals(payload)).toBe(true)
      expect(target.client.received.at(-1)?.type).toBe('connectionClosed')
    })

    test('ends with a reason other than EOF when the remote resets it', async () => {
      const target = await started()
      const peer = await reference()
      await target.client.listen(PROTOCOL)
      const stream = await streamTo(peer, target)
      stream.send(frame(Buffer.from('a')))
      await target.client.next('data')
      stream.abort(new Error('on purpose'))
      expect((await target.client.next('connectionClosed')).reason).toBe('the other side reset the stream')
    })

    test('ends with a reason other than EOF when its link is cut', async () => {
      const target = await started()
      const peer = await reference()
      await target.client.listen(PROTOCOL)
      const proxy = await startProxy(Number(target.addresses[0]?.split('/')[4]))
      cleanups.push(() => proxy.close())
      const stream = await streamTo(peer, { id: target.id, addresses: [`/ip4/127.0.0.1/tcp/${proxy.port}`] })
      stream.send(frame(Buffer.from('a')))
      await target.client.next('data')
      proxy.cut()
      expect((await target.client.next('connectionClosed')).reason).toMatch(/^connection lost: /)
    })

    test('reports an end inside a frame, and delivers no part of the frame', async () => {
      const target = await started()
      const peer = await reference()
      await target.client.listen(PROTOCOL)
      const stream = await streamTo(peer, target)
      stream.send(frame(randomBytes(100)).subarray(0, 50))
      await stream.close()
      expect((await target.client.next('connectionClosed')).reason).toBe(
        'the stream ended inside a frame: 46 of 100 bytes had arrived',
      )
      expect(target.client.all('data')).toEqual([])
    })

    test('is closed by a frame over the limit before its bytes arrive, and the reason has both numbers', async () => {
      const target = await started({ bounds: { maxFrameBytes: 1000 } })
      const peer = await reference()
      await target.client.listen(PROTOCOL)
      const stream = await streamTo(peer, target)
      const exact = randomBytes(1000)
      stream.send(frame(exact))
      stream.send(Buffer.from([0x7f, 0xff, 0xff, 0xff]))
      const { id, reason } = await target.client.next('connectionClosed')
      expect(reason).toBe('a frame of 2147483647 bytes is over the limit of 1000')
      expect(target.client.dataOf(id).equals(exact)).toBe(true)
    })

    test('flushes what was sent before Close, and then sends Connection Closed once', async () => {
      const { client } = await started()
      const peer = await reference()
      const streams: ReturnType<typeof collect>[] = []
      await peer.handle(PROTOCOL, (stream) => {
        streams.push(collect(stream))
        stream.addEventListener('remoteCloseWrite', () => void stream.close())
      })
      client.connect(addressOf(peer), PROTOCOL, false)
      const { id } = await client.next('peerConnection')
      const payload = randomBytes(6_000_000)
      for (let start = 0; start < payload.length; start += 500_000) {
        client.send({ type: 'data', id, data: payload.subarray(start, start + 500_000) })
      }
      client.send({ type: 'close', id })
      client.send({ type: 'close', id })
      client.send({ type: 'data', id, data: Buffer.from('too late') })
      await client.next('connectionClosed')
      await until(
        'all bytes and the end at the other side',
        () => streams[0]?.remoteEnded === true && streams[0].bytes().length >= payload.length,
      )
      expect(streams[0]?.bytes().equals(payload)).toBe(true)
      // After a round trip, everything the relay had to send has arrived.
      client.connect(addressOf(peer), PROTOCOL, false)
      await client.next('peerConnection', 1)
      expect(client.all('connectionClosed')).toEqual([{ type: 'connectionClosed', id, reason: 'closed' }])
    })

    test('that is unknown gets an answer to Data and none to Close', async () => {
      const { client } = await started()
      client.send({ type: 'close', id: 99n })
      client.send({ type: 'data', id: 77n, data: Uint8Array.of(1) })
      expect(await client.next('connectionClosed')).toEqual({
        type: 'connectionClosed',
        id: 77n,
        reason: 'unknown connection',
      })
      expect(client.all('connectionClosed').length).toBe(1)
    })

    test("closes at the remote when its client's socket closes, after what was sent has arrived", async () => {
      const { client } = await started()
      const peer = await reference()
      const streams: ReturnType<typeof collect>[] = []
      await peer.handle(PROTOCOL, (stream) => {
        streams.push(collect(stream))
      })
      client.connect(addressOf(peer), PROTOCOL, false)
      const { id } = await client.next('peerConnection')
      client.send({ type: 'data', id, data: Buffer.from('last words') })
      client.socket.close()
      await until('the end at the remote', () => streams[0]?.remoteEnded)
      expect(streams[0]?.bytes().toString()).toBe('last words')
    })

    test("is reset at the remote when its client's socket is cut, after what was sent", async () => {
      const { client, served, id } = await started()
      const other = await open(served)
      await other.next('identify')
      await other.listen(PROTOCOL, false)
      const peer = await reference()
      const streams: { stream: Stream; got: ReturnType<typeof collect> }[] = []
      await peer.handle(PROTOCOL, (stream) => {
        streams.push({ stream, got: collect(stream) })
      })
      client.connect(addressOf(peer), PROTOCOL, false)
      const { id: afar } = await client.next('peerConnection')
      client.connect(id, PROTOCOL, false)
      const { id: near } = await client.next('peerConnection', 1)
      const { id: received } = await other.next('listenerConnection')
      for (const connection of [afar, near])
        client.send({ type: 'data', id: connection, data: Buffer.from('half of it') })
      await until('the bytes at both', () => {
        const [remote] = streams
        return remote?.got.bytes().toString() === 'half of it' && other.dataOf(received).length > 0
      })
      client.socket.cut()
      await until('the end at the remote', () => streams[0]?.stream.status !== 'open')
      expect([streams[0]?.stream.status, streams[0]?.got.remoteEnded]).toEqual(['reset', false])
      expect(await other.next('connectionClosed')).toEqual({
        type: 'connectionClosed',
        id: received,
        reason: 'the other side reset the stream',
      })
    })

    test('is reset at the remote by Reset immediately, and ends here', async () => {
      const { client, id } = await started()
      const peer = await reference()
      const streams: { stream: Stream; got: ReturnType<typeof collect> }[] = []
      await peer.handle(PROTOCOL, (stream) => {
        streams.push({ stream, got: collect(stream) })
      })
      client.connect(addressOf(peer), PROTOCOL, false)
      const { id: connection } = await client.next('peerConnection')
      client.send({ type: 'data', id: connection, data: Buffer.from('a part') })
      await until('the part', () => streams[0]?.got.bytes().toString() === 'a part')
      client.send({ type: 'reset', id: connection })
      client.send({ type: 'close', id: connection })
      client.send({ type: 'reset', id: 99n })
      await until('the end at the remote', () => streams[0]?.stream.status !== 'open')
      expect([streams[0]?.stream.status, streams[0]?.got.remoteEnded]).toEqual(['reset', false])
      client.connect(id, '/x/nobody')
      await client.next('peerConnectionRefused')
      expect(client.all('connectionClosed')).toEqual([
        { type: 'connectionClosed', id: connection, reason: 'closed' },
      ])
      expect(client.all('error')).toEqual([])
    })

    test('is reset at the remote when the relay stops, which never looks like a regular end', async () => {
      const { client, served } = await started()
      const peer = await reference()
      const streams: { stream: Stream; got: ReturnType<typeof collect> }[] = []
      await peer.handle(PROTOCOL, (stream) => {
        const got = collect(stream)
        streams.push({ stream, got })
        stream.pause()
      })
      client.connect(addressOf(peer), PROTOCOL, false)
      const { id } = await client.next('peerConnection')
      for (let sent = 0; sent < 12; sent++) client.send({ type: 'data', id, data: randomBytes(500_000) })
      await until('bytes to wait', () => (served.relay.status().clients[0]?.queuedBytes ?? 0) > 500_000)
      await served.relay.stop()
      await until('the end at the remote', () => streams[0]?.stream.status !== 'open')
      expect([streams[0]?.stream.status, streams[0]?.got.remoteEnded]).toEqual(['reset', false])
    })
  })

  describe('Connect', () => {
    const refusal = async (client: RelayClient, peer: string, relay = ''): Promise<string> => {
      const index = client.all('peerConnectionRefused').length
      client.connect(peer, PROTOCOL, true, relay)
      const { error, protocol } = await client.next('peerConnectionRefused', index)
      expect(protocol).toBe(PROTOCOL)
      return error
    }
    const stranger = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'

    test('says in plain words why it failed', async () => {
      const { client } = await started()
      const peer = await reference()
      expect(await refusal(client, stranger)).toBe(
        `no address is known for ${stranger}: ask for its connect string`,
      )
      expect(await refusal(client, stranger.slice(1))).toContain('is not a peer ID')
      expect(await refusal(client, '/addrs/@:E^')).toContain('the connect string is damaged')
      expect(await refusal(client, addressOf(peer))).toBe(`the peer does not serve ${PROTOCOL}`)
      const dead = ['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/2', '/ip4/127.0.0.1/nonsense']
      const tried = await refusal(client, encodePeerAddress({ peer: stranger, addrs: dead }))
      expect(tried).toMatch(/^3 addresses tried: /)
      expect(tried).toContain('/ip4/127.0.0.1/tcp/2')
      const udp = encodePeerAddress({ peer: stranger, addrs: ['/ip4/127.0.0.1/udp/1/quic-v1'] })
      expect(await refusal(client, udp)).toBe(
        `one address of ${stranger} cannot be used here (QUIC): ask for a WebSocket or circuit relay address`,
      )
      expect(await refusal(client, stranger, '*')).toContain('no circuit relay is known')
    })

    test('is refused if another peer answers, and the error names the address', async () => {
      const { client } = await started()
      const peer = await reference()
      const addrs = peer.getMultiaddrs().map((address) => address.toString().replace(/\/p2p\/.*/, ''))
      expect(await refusal(client, encodePeerAddress({ peer: stranger, addrs }))).toContain(addrs[0])
    })

    test('gives up after its timeout, and the error lists what was tried', async () => {
      const { client } = await started({ bounds: { connectTimeoutMs: 300 } })
      const silent = createServer()
      const accepted: Socket[] = []
      silent.on('connection', (socket) => accepted.push(socket))
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
      cleanups.push(async () => {
        for (const socket of accepted) socket.destroy()
        await new Promise((resolve) => silent.close(resolve))
      })
      const address = `/ip4/127.0.0.1/tcp/${(silent.address() as AddressInfo).port}`
      const error = await refusal(client, encodePeerAddress({ peer: stranger, addrs: [address] }))
      expect(error).toMatch(/^gave up after 0\.3 s; 1 address tried: /)
      expect(error).toContain(address)
    })

    test('stops dialling when its socket closes', async () => {
      const { client, served } = await started()
      const silent = createServer()
      const ended = new Promise<void>((resolve) => {
        silent.on('connection', (socket) => {
          socket.resume()
          socket.on('error', () => resolve())
          socket.on('close', () => resolve())
          client.socket.close()
        })
      })
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
      cleanups.push(() => new Promise((resolve) => silent.close(resolve)))
      const address = `/ip4/127.0.0.1/tcp/${(silent.address() as AddressInfo).port}`
      client.connect(encodePeerAddress({ peer: stranger, addrs: [address] }), PROTOCOL)
      await ended
      await until('the client to be gone', () => served.relay.status().clients.length === 0)
    })

    test('goes through any circuit relay or a named one, as asked', async () => {
      const relay = await reference({ relay: true })
      const relayAddress = relay.getMultiaddrs()[0]?.toString() ?? ''
      const listener = await started({ network: { relays: [relayAddress] }, listen: [] })
      expect(listener.addresses.some((address) => address.endsWith('/p2p-circuit'))).toBe(true)
      expect(listener.client.all('identify')[0]?.public).toBe(true)
      await listener.client.listen(PROTOCOL)

      const { client } = await started({ network: { relays: [relayAddress] }, listen: [] })
      client.connect(listener.id, PROTOCOL, true, '*')
      client.connect(listener.id, PROTOCOL, true, relayAddress)
      client.connect(listener.id, PROTOCOL, true, relay.peerId.toString())
      client.connect(encodePeerAddress({ peer: listener.id, addrs: listener.addresses }), PROTOCOL)
      await client.next('peerConnection', 3)
      await listener.client.next('listenerConnection', 3)
      const { id } = await client.next('peerConnection')
      client.send({ type: 'data', id, data: Buffer.from('through the relay') })
      expect(Buffer.from((await listener.client.next('data')).data).toString()).toBe('through the relay')
    })

    test("reports a circuit relay's limit, not a regular end", async () => {
      const relay = await reference({ relay: true })
      const relayAddress = relay.getMultiaddrs()[0]?.toString() ?? ''
      const listener = await started({
        network: { relays: [relayAddress] },
        listen: [],
        bounds: { lasting: false },
      })
      await listener.client.listen(PROTOCOL, false)
      const { client } = await started()
      client.connect(encodePeerAddress({ peer: listener.id, addrs: listener.addresses }), PROTOCOL, false)
      const { id } = await client.next('peerConnection')
      // js-libp2p's circuit relay lets 128 KiB through.
      for (let sent = 0; sent < 400_000; sent += 10_000)
        client.send({ type: 'data', id, data: randomBytes(10_000) })
      expect((await client.next('connectionClosed')).reason).toMatch(
        /^the circuit relay's limit was reached: /,
      )
      expect((await listener.client.next('connectionClosed')).reason).toMatch(
        /^the circuit relay's limit was reached: /,
      )
    })

    test('reaches another client of the same peer without a network', async () => {
      const { served, client, id } = await started({ listen: [] })
      const other = await open(served)
      await other.next('identify')
      expect(await refusal(client, id)).toBe(`no page of this peer listens on ${PROTOCOL}`)
      await other.listen(PROTOCOL)
      client.connect(id, PROTOCOL)
      const mine = await client.next('peerConnection')
      const theirs = await other.next('listenerConnection')
      expect([mine.peer, theirs.peer]).toEqual([id, id])
      const payload = randomBytes(4_000_000)
      client.send({ type: 'data', id: mine.id, data: payload })
      expect(Buffer.from((await other.next('data')).data).equals(payload)).toBe(true)
      other.send({ type: 'data', id: theirs.id, data: Buffer.from('back') })
      await client.next('data')
      other.send({ type: 'close', id: theirs.id })
      expect((await client.next('connectionClosed')).reason).toBe('EOF')
      expect((await other.next('connectionClosed')).reason).toBe('closed')
    })
  })

  describe('flow control', () => {
    test("slows a client down for a peer that doesn't read, and loses nothing", async () => {
      const { client, served } = await started()
      const peer = await reference()
      const streams: Stream[] = []
      await peer.handle(PROTOCOL, (stream) => {
        stream.pause()
        streams.push(stream)
      })
      client.connect(addressOf(peer), PROTOCOL, false)
      const { id } = await client.next('peerConnection')
      const payload = randomBytes(48_000_000)
      for (let start = 0; start < payload.length; start += 250_000) {
        client.send({ type: 'data', id, data: payload.subarray(start, start + 250_000) })
      }
      await until(
        'the client to be paused',
        () => (served.relay.status().clients[0]?.queuedBytes ?? 0) > 1_000_000,
      )
      // What the relay and the peer don't hold waits at the client.
      await until('bytes to wait at the client', () => client.socket.bufferedAmount > 10_000_000)
      expect(served.relay.status().clients[0]?.queuedBytes).toBeLessThan(8_000_000)
      const stream = streams[0]
      if (stream === undefined) throw new Error('no stream')
      const got = createHash('sha256')
      let bytes = 0
      stream.addEventListener('message', ({ data }) => {
        got.update(data.subarray())
        bytes += data.byteLength
      })
      stream.resume()
      await until('all bytes', () => bytes === payload.length)
      expect(got.digest('hex')).toBe(createHash('sha256').update(payload).digest('hex'))
      expect(served.relay.status().clients[0]?.queuedBytes).toBe(0)
    })

    // A page on a port doesn't read while its thread is blocked; a browser test covers that.
    if (host.canStopReading)
      test("slows a peer down for a client that doesn't read, and loses nothing", async () => {
        const target = await started()
        const { client } = target
        const peer = await reference()
        await client.listen(PROTOCOL, false)
        const stream = await streamTo(peer, target)
        await client.next('listenerConnection')
        client.socket.pause?.()
        const payload = randomBytes(48_000_000)
        let sent = 0
        const sending = (async () => {
          while (sent < payload.length) {
            const chunk = payload.subarray(sent, sent + 250_000)
            sent += chunk.length
            if (!stream.send(chunk))
              await new Promise((done) => stream.addEventListener('drain', done, { once: true }))
          }
          await stream.close()
        })()
        let last = -1
        await until('the peer to be paused', async () => {
          if (sent === last && sent > 0) return true
          last = sent
          await new Promise((resolve) => setImmediate(resolve))
          return false
        })
        expect(sent).toBeLessThan(payload.length)
        client.socket.resume?.()
        await sending
        const { id, reason } = await client.next('connectionClosed')
        expect(reason).toBe('EOF')
        expect(client.dataOf(id).equals(payload)).toBe(true)
      })
  })

  describe('bad input', () => {
    test('of arbitrary bytes is answered, and disturbs nobody else', async () => {
      const { served, client } = await started()
      const good = await open(served)
      await good.next('identify')
      await good.listen(PROTOCOL)
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
          client.socket.send(Uint8Array.from(bytes))
        }),
        { numRuns: 300 },
      )
      client.socket.send(Uint8Array.of(77))
      await until('the answer to opcode 77', () =>
        client.all('error').some(({ message }) => message === 'unknown opcode 77'),
      )
      client.socket.send('text')
      await until('the answer to text', () =>
        client.all('error').some(({ message }) => message.includes('binary')),
      )
      client.connect(client.all('identify')[0]?.peer ?? '', PROTOCOL)
      const { id } = await client.next('peerConnection')
      client.send({ type: 'data', id, data: Buffer.from('still fine') })
      expect(Buffer.from((await good.next('data')).data).toString()).toBe('still fine')
      expect(good.all('error')).toEqual([])
    })

    test('over the size limit is refused with both numbers', async () => {
      const { client } = await started({ bounds: { maxMessageBytes: 1000 } })
      client.send({ type: 'data', id: 0n, data: randomBytes(2000) })
      expect((await client.next('error')).message).toBe('the message has 2009 bytes, but the limit is 1000')
    })

    test("cannot exceed a client's limits", async () => {
      const target = await started({ bounds: { maxConnectionsPerClient: 2 } })
      const { client, id } = target
      await client.listen('/x/1')
      await client.listen('/x/2')
      client.connect(id, '/x/1')
      await client.next('listenerConnection')
      client.connect(id, '/x/1')
      expect((await client.next('peerConnectionRefused')).error).toContain('2 connections')
      const peer = await reference()
      const stream = await streamTo(peer, target, '/x/2').catch((error: unknown) => error)
      await until(
        'the stream to be refused',
        () => stream instanceof Error || (stream as Stream).status !== 'open',
      )
      expect(client.all('listenerConnection').length).toBe(1)
    })
  })
}

/** A TCP proxy on loopback whose link can be cut. */
async function startProxy(target: number): Promise<{ port: number; cut(): void; close(): Promise<void> }> {
  const { connect } = await import('node:net')
  const sockets: Socket[] = []
  const server = createServer((inward) => {
    const outward = connect(target, '127.0.0.1')
    for (const [from, to] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      sockets.push(from)
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
