import '../support/polyfill.ts'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import type { Relay } from '../../src/relay/index.ts'
import { IdentityInUseError, NoStorageError, formatKey, routingServices } from '../../src/relay/index.ts'
import type { PeerStatus, RelayStatus, ReservationStatus } from '../../src/status/index.ts'
import { MAX_REFUSALS } from '../../src/status/index.ts'
import { ManualSocket } from '../support/manual-socket.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { startLiar } from '../support/relays.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/status'
const PAYLOAD_BYTES = 300_000
/** The most that negotiation, identify and framing add to a payload. */
const OVERHEAD_BYTES = 20_000

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function make(options: Parameters<typeof makeRelay>[0] = {}): Relay {
  const relay = makeRelay(options)
  cleanups.push(() => relay.stop())
  return relay
}

async function startPeer(options: Parameters<typeof startReferencePeer>[0] = {}): Promise<Libp2p> {
  const peer = await startReferencePeer(options)
  cleanups.push(async () => await peer.stop())
  return peer
}

const textsOf = (peer: Libp2p): string[] => peer.getMultiaddrs().map(String)
const targetOf = (peer: Libp2p): string =>
  encodePeerAddress({ peer: peer.peerId.toString(), addrs: textsOf(peer) })

function peerOf(relay: Relay): PeerStatus {
  const { peer } = relay.status()
  if (peer === undefined) throw new Error('the peer does not run')
  return peer
}

/** A snapshot is plain data: it can be sent to another thread and through JSON unchanged. */
function snapshot(relay: Relay): RelayStatus {
  const status = relay.status()
  expect(JSON.parse(JSON.stringify(status))).toEqual(status)
  expect(structuredClone(status)).toEqual(status)
  return status
}

async function connect(client: ManualSocket, target: string): Promise<bigint> {
  const index = client.all('peerConnection').length
  client.put({ type: 'connect', peer: target, protocol: PROTOCOL, frames: false, relay: '' })
  return (await until('the connection', () => client.all('peerConnection')[index])).id
}

/** Echoes what it receives. */
const echo = (stream: Stream): void => {
  stream.addEventListener('message', ({ data }) => stream.send(data))
  stream.addEventListener('remoteCloseWrite', () => void stream.close())
}

describe("the status of a peer that doesn't run", () => {
  test('shows its host, and the connected clients', () => {
    const relay = make()
    const client = new ManualSocket(relay)
    relay.accept(client, { mayHaveKey: true, name: 'client 2', label: () => 'A page' })
    const status = snapshot(relay)
    expect(status.peer).toBeUndefined()
    expect(status.host).toMatchObject({ kind: 'program', identity: { kind: 'unknown' }, updateWaits: false })
    expect(status.host.startedMs).toBeLessThanOrEqual(status.atMs)
    expect(status.transports.map(({ name }) => name)).toEqual(['tcp', 'websocket', 'circuit'])
    expect(status.clients.map(({ name, label }) => [name, label])).toEqual([
      ['', ''],
      ['client 2', 'A page'],
    ])
  })

  test('says why the peer did not start, until it has started', async () => {
    let failure: Error | undefined = new Error('the address is in use')
    const relay = make({
      transports: [
        () => {
          throw failure ?? new Error('no transport')
        },
      ],
    })
    await expect(relay.start()).rejects.toThrow('in use')
    expect(snapshot(relay).host.startError).toMatchObject({
      kind: 'failed',
      message: 'the address is in use',
    })
    failure = new IdentityInUseError('another worker runs')
    await expect(relay.start()).rejects.toThrow('another')
    expect(relay.status().host.startError?.kind).toBe('identity-in-use')
  })

  test("a client's invalid key is refused, and not shown as an error of the peer", async () => {
    const relay = make()
    const client = new ManualSocket(relay)
    client.put({ type: 'start', key: 'nonsense' })
    await until('the error', () => client.all('error')[0])
    const { host, refusals } = snapshot(relay)
    expect(host.startError).toBeUndefined()
    expect(refusals).toMatchObject([{ what: 'start', peer: '', protocol: '' }])
    client.put({ type: 'start', key: '' })
    await until('the peer', () => client.all('identify')[0])
    expect(relay.status().host).toMatchObject({ identity: { kind: 'kept' } })
  })
})

describe('the source of the identity', () => {
  test('is the host or a client', async () => {
    const key = formatKey(await generateKeyPair('Ed25519'))
    const byHost = make({ key })
    await byHost.start()
    const byClient = make()
    await byClient.start(key)
    for (const relay of [byHost, byClient]) expect(relay.status().host.identity).toEqual({ kind: 'given' })
    expect(peerOf(byHost).id).toBe(peerOf(byClient).id)
  })

  test.each(['load', 'save'] as const)(
    'is storage that cannot %s it: the peer runs with a temporary identity',
    async (fails) => {
      const no = (): Promise<never> => Promise.reject(new NoStorageError('nothing is kept here'))
      const relay = make({
        keys: { load: fails === 'load' ? no : async () => undefined, save: no },
      })
      await relay.start()
      expect(snapshot(relay).host.identity).toEqual({ kind: 'not-kept', reason: 'nothing is kept here' })
      expect(peerOf(relay).id).not.toBe('')
    },
  )

  test('a key that cannot be read is not replaced by another one', async () => {
    const relay = make({
      keys: { load: () => Promise.reject(new Error('the file is broken')), save: async (key) => key },
    })
    await expect(relay.start()).rejects.toThrow('broken')
    expect(relay.status().host).toMatchObject({
      identity: { kind: 'unknown' },
      startError: { kind: 'failed', message: 'the file is broken' },
    })
  })
})

describe('the status of streams and connections', () => {
  test('counts bytes: those of a stream, of its listener after it has ended, and of its connection', async () => {
    const relay = make()
    await relay.start()
    const client = new ManualSocket(relay)
    const peer = await startPeer()
    await peer.handle(PROTOCOL, echo)
    client.put({ type: 'listen', protocol: PROTOCOL, frames: false })
    const id = await connect(client, targetOf(peer))
    client.put({ type: 'data', id, data: new Uint8Array(PAYLOAD_BYTES) })
    await until('the echo', () => client.dataBytes === PAYLOAD_BYTES)

    const { clients, peer: status } = snapshot(relay)
    const [stream] = clients[0]?.streams ?? []
    const [connection] = status?.connections ?? []
    expect(stream).toMatchObject({
      id: '0',
      peer: peer.peerId.toString(),
      protocol: PROTOCOL,
      direction: 'outbound',
      path: 'direct',
      connection: connection?.id,
      inBytes: PAYLOAD_BYTES,
      outBytes: PAYLOAD_BYTES,
      queuedBytes: 0,
    })
    expect(status).toMatchObject({ connectionCount: 1, protocols: [PROTOCOL] })
    expect(connection).toMatchObject({ direction: 'outbound', path: 'direct', limited: false })
    expect(connection?.streams).toContain(PROTOCOL)
    for (const bytes of [connection?.inBytes ?? 0, connection?.outBytes ?? 0]) {
      expect(bytes).toBeGreaterThanOrEqual(PAYLOAD_BYTES)
      expect(bytes).toBeLessThan(PAYLOAD_BYTES + OVERHEAD_BYTES)
    }

    // In the other direction: an inbound stream, which ends.
    const [mine] = peerOf(relay).addresses
    const address = multiaddr(`${mine?.address ?? ''}/p2p/${peerOf(relay).id}`)
    const inbound = await peer.dialProtocol(address, PROTOCOL)
    inbound.send(new Uint8Array(1_000))
    await until('the inbound bytes', () => client.dataBytes === PAYLOAD_BYTES + 1_000)
    client.put({ type: 'data', id: 1n, data: new Uint8Array(500) })
    const listener = (): unknown => relay.status().clients[0]?.listeners[0]
    const traffic = { protocol: PROTOCOL, frames: false, accepted: 1, inBytes: 1_000, outBytes: 500 }
    expect(listener()).toEqual({ ...traffic, open: 1 })
    client.put({ type: 'close', id: 1n })
    await until('its end', () => client.all('connectionClosed')[0])
    expect(listener()).toEqual({ ...traffic, open: 0 })
  })

  test("names a circuit's circuit relay and its limits, and counts the circuit's bytes for the circuit relay too", async () => {
    const circuitRelay = await startPeer({ relay: { reservations: { defaultDataLimit: 1_000_000n } } })
    const far = make({ network: { relays: textsOf(circuitRelay) }, listen: [] })
    await far.start()
    const listening = new ManualSocket(far)
    listening.put({ type: 'listen', protocol: PROTOCOL, frames: false })
    const { id: peer, addresses } = peerOf(far)
    const near = make({ listen: [] })
    await near.start()
    const client = new ManualSocket(near)
    const target = encodePeerAddress({ peer, addrs: addresses.map(({ address }) => address) })
    const id = await connect(client, target)
    client.put({ type: 'data', id, data: new Uint8Array(PAYLOAD_BYTES) })
    await until('the bytes', () => listening.dataBytes === PAYLOAD_BYTES)

    expect(snapshot(near).clients[0]?.streams[0]).toMatchObject({ path: 'relayed', outBytes: PAYLOAD_BYTES })
    const relayId = circuitRelay.peerId.toString()
    const circuit = peerOf(near).connections.find(({ path }) => path === 'relayed')
    expect(circuit).toMatchObject({ relay: relayId, limited: true, peer })
    expect(circuit?.leftBytes).toBeLessThanOrEqual(1_000_000 - PAYLOAD_BYTES)
    expect(circuit?.leftBytes).toBeGreaterThan(0)
    const carrier = peerOf(near).connections.find(({ peer: other }) => other === relayId)
    expect(carrier?.path).toBe('direct')
    expect(carrier?.outBytes).toBeGreaterThan(PAYLOAD_BYTES)
    expect(peerOf(far).connections.find(({ peer: other }) => other === relayId)?.inBytes).toBeGreaterThan(
      PAYLOAD_BYTES,
    )
    expect(snapshot(far).clients[0]?.listeners[0]).toMatchObject({ open: 1, inBytes: PAYLOAD_BYTES })
  })

  test('shows no connection for a stream inside the peer', async () => {
    const relay = make()
    await relay.start()
    const client = new ManualSocket(relay)
    client.put({ type: 'listen', protocol: PROTOCOL, frames: false })
    const id = await connect(client, peerOf(relay).id)
    await until('the listener’s end', () => client.all('listenerConnection')[0])
    client.put({ type: 'data', id, data: new Uint8Array(77) })
    await until('the bytes', () => client.dataBytes === 77)
    const [client0] = snapshot(relay).clients
    expect(client0?.streamCount).toBe(2)
    expect(
      client0?.streams.map(({ direction, path, connection, inBytes, outBytes }) => ({
        direction,
        path,
        connection,
        inBytes,
        outBytes,
      })),
    ).toEqual([
      { direction: 'outbound', path: 'loopback', connection: undefined, inBytes: 0, outBytes: 77 },
      { direction: 'inbound', path: 'loopback', connection: undefined, inBytes: 77, outBytes: 0 },
    ])
  })
})

describe('the status of a client', () => {
  test('says since when a peer has paused the client, and since when the client has not read', async () => {
    const relay = make()
    await relay.start()
    const client = new ManualSocket(relay)
    const peer = await startPeer()
    let taken: Stream | undefined
    await peer.handle(PROTOCOL, (stream) => {
      taken = stream
      stream.pause()
    })
    const id = await connect(client, targetOf(peer))
    const beforeMs = Date.now()
    while (!client.isPaused) client.put({ type: 'data', id, data: new Uint8Array(262_144) })
    const [held] = snapshot(relay).clients
    expect(held?.heldUp?.why).toBe('streams')
    expect(held?.heldUp?.sinceMs).toBeGreaterThanOrEqual(beforeMs)
    expect(held?.queuedBytes).toBeGreaterThan(1_000_000)
    expect(held?.streams[0]?.queuedBytes).toBe(held?.queuedBytes)
    expect(held?.maxQueuedBytes).toBe(4_194_304)
    taken?.addEventListener('message', () => undefined)
    taken?.resume()
    await until('the client to continue', () => !client.isPaused)
    expect(snapshot(relay).clients[0]?.heldUp).toBeUndefined()

    client.highWaterBytes = 1
    client.put({ type: 'data', id: 99n, data: new Uint8Array() })
    expect(snapshot(relay).clients[0]).toMatchObject({ heldUp: { why: 'answers' } })
    expect(relay.status().clients[0]?.unreadSinceMs).toBeGreaterThanOrEqual(beforeMs)
    client.drain()
    const [reads] = snapshot(relay).clients
    expect([reads?.heldUp, reads?.unreadSinceMs]).toEqual([undefined, undefined])
  })

  test('keeps the most recent refusals', async () => {
    const relay = make()
    await relay.start()
    const socket = new ManualSocket(relay)
    const put = (peer: string): void =>
      socket.put({ type: 'connect', peer, protocol: PROTOCOL, frames: false, relay: '' })
    socket.put({ type: 'listen', protocol: PROTOCOL, frames: false })
    socket.put({ type: 'listen', protocol: PROTOCOL, frames: false })
    put('nobody')
    await until('the refusal', () => socket.all('peerConnectionRefused')[0])
    expect(snapshot(relay).refusals).toMatchObject([
      {
        what: 'listen',
        protocol: PROTOCOL,
        reason: 'another page listens on it, or libp2p itself serves it',
      },
      { what: 'connect', peer: 'nobody', protocol: PROTOCOL },
    ])
    for (let n = 0; n < MAX_REFUSALS; n++) put(`nobody ${n}`)
    await until('all refusals', () => socket.all('peerConnectionRefused').length === MAX_REFUSALS + 1)
    const { refusals } = snapshot(relay)
    expect(refusals.map(({ peer }) => peer)).toEqual(
      Array.from({ length: MAX_REFUSALS }, (_, n) => `nobody ${n}`),
    )
  })

  test('counts a Connect that is not answered', async () => {
    const relay = make()
    await relay.start()
    const socket = new ManualSocket(relay)
    // This server accepts connections and stays silent. An HTTP server would answer, and the dial would end.
    const sockets = new Set<Socket>()
    const server = createTcpServer((socket) => sockets.add(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(async () => {
      for (const one of sockets) one.destroy()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const id = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
    const target = encodePeerAddress({ peer: id, addrs: [`/ip4/127.0.0.1/tcp/${port}`] })
    socket.put({ type: 'connect', peer: target, protocol: PROTOCOL, frames: false, relay: '' })
    await until('the dial', () => peerOf(relay).dialCount === 1)
    expect(snapshot(relay).clients[0]?.pendingConnects).toBe(1)
  })
})

describe('the status of circuit relays', () => {
  const relaysOf = (relay: Relay): ReservationStatus[] => peerOf(relay).relays

  test('shows since when and until when one serves; the addresses through it are confirmed', async () => {
    const circuitRelay = await startPeer({ relay: true })
    const beforeMs = Date.now()
    const relay = make({ network: { relays: textsOf(circuitRelay), reservations: 1 } })
    await relay.start()
    const [held] = snapshot(relay).peer?.relays ?? []
    expect(held).toMatchObject({
      relay: circuitRelay.peerId.toString(),
      addresses: textsOf(circuitRelay),
      from: 'network',
      // Over TCP, which needs no browser.
      local: [],
      state: { kind: 'held' },
    })
    if (held?.state.kind !== 'held') throw new Error('it is not held')
    expect(held.state.sinceMs).toBeGreaterThanOrEqual(beforeMs)
    expect(held.state.expiresMs).toBeGreaterThan(held.state.sinceMs + 30_000)
    const status = peerOf(relay)
    expect(status).toMatchObject({ public: true, relaysWanted: 1 })
    const through = status.addresses.find(({ from }) => from === 'relay')
    expect(through).toMatchObject({ confirmed: true, told: true })
    expect(through?.address).toContain(circuitRelay.peerId.toString())
    expect(status.addresses.filter(({ from }) => from === 'listen')).toMatchObject([
      { confirmed: false, told: true },
    ])
    await circuitRelay.stop()
    await until('the loss', () => relaysOf(relay)[0]?.lastError)
    expect(peerOf(relay).addresses.some(({ from }) => from === 'relay')).toBe(false)
    expect(peerOf(relay).public).toBe(false)
  })

  test('says of each one that does not serve why not', async () => {
    const key = await generateKeyPair('Ed25519')
    const plain = await startPeer()
    const { libp2p: silent } = await startLiar('silence')
    const nothing = `/ip4/127.0.0.1/tcp/9/p2p/${peerIdFromPrivateKey(key).toString()}`
    cleanups.push(async () => await silent.stop())
    const relay = make({
      network: { relays: [nothing, ...textsOf(plain), ...textsOf(silent)] },
      bounds: { identifyTimeoutMs: 0 },
    })
    await relay.start()
    const trying = relaysOf(relay).find(({ state }) => state.kind === 'trying')
    expect(trying?.tookMs).toBeGreaterThanOrEqual(0)
    const kinds = await until('three failures', () => {
      const errors = relaysOf(relay).map(({ lastError }) => lastError?.kind)
      return errors.every((kind) => kind !== undefined) ? errors : undefined
    })
    expect(kinds).toEqual(['unreachable', 'no-relay', 'slow'])
    expect(relaysOf(relay)[2]?.lastError?.message).toBe('it did not answer in time')
    const beforeMs = Date.now()
    for (const { state } of relaysOf(relay)) {
      if (state.kind === 'waiting') expect(state.retryMs).toBeGreaterThanOrEqual(beforeMs)
    }
  })
})

describe('the status of routing', () => {
  test('shows the bootstrap peers, connected or why not, and the DHT', async () => {
    const entry = await startPeer({ dht: true })
    const gone = `/ip4/127.0.0.1/tcp/9/p2p/${peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()}`
    const network = { bootstrap: [...textsOf(entry), gone], delegatedRouting: [] }
    const relay = make({ network, services: await routingServices(network, 'client') })
    await relay.start()
    await until('the DHT to know somebody', () => peerOf(relay).routing.dht?.peers === 1)
    await until('the failure', () => peerOf(relay).routing.bootstrap[1]?.lastError)
    const { bootstrap, dht } = snapshot(relay).peer?.routing ?? {}
    expect(dht).toEqual({ mode: 'client', peers: 1 })
    expect(bootstrap).toMatchObject([
      { address: textsOf(entry)[0], connected: true },
      { address: gone, connected: false },
    ])
    expect(bootstrap?.[0]?.connectedMs).toBeLessThanOrEqual(Date.now())
    await entry.stop()
    await until('the loss', () => peerOf(relay).routing.bootstrap[0]?.connected === false)
    expect(peerOf(relay).routing.bootstrap[0]?.connectedMs).toBeGreaterThan(0)
  })

  test('counts the answers of delegated routing, and shows its failure until it answers again', async () => {
    let status = 404
    const server = createServer((_, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end(status === 404 ? '' : '<html>')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(async () => {
      server.closeAllConnections()
      server.close()
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const network = { bootstrap: [], delegatedRouting: [url, 'http://127.0.0.1:9/'] }
    const relay = make({ network, services: await routingServices(network, 'client') })
    await relay.start()
    const socket = new ManualSocket(relay)
    const counts = (): [number, number] => {
      const [first] = peerOf(relay).routing.delegated
      return [first?.answered ?? 0, first?.failed ?? 0]
    }
    /** Asks at least once: an unknown peer is looked up repeatedly for a while. */
    const ask = async (): Promise<void> => {
      const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
      socket.put({ type: 'connect', peer, protocol: PROTOCOL, frames: false, relay: '' })
    }
    await ask()
    await until('an answer', () => counts()[0] > 0)
    expect(counts()[1]).toBe(0)
    status = 500
    await ask()
    await until('a failure', () => counts()[1] > 0)
    const { delegated } = snapshot(relay).peer?.routing ?? {}
    expect(delegated).toMatchObject([
      { url, lastError: { message: 'it answers 500' } },
      { answered: 0, lastError: { message: 'it cannot be reached, or does not let this site ask' } },
    ])
    status = 404
    const [answered] = counts()
    await ask()
    await until('an answer again', () => counts()[0] > answered)
    await until('the error to disappear', () => peerOf(relay).routing.delegated[0]?.lastError === undefined)
  })
})
