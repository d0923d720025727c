import '../support/polyfill.ts'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Connection, Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { Circuit } from '@multiformats/multiaddr-matcher'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { CircuitShares, MAX_CIRCUITS_PER_PAIR } from '../../src/node/peer/circuit-shares.ts'
import type { CircuitRelayLimits } from '../../src/node/peer/circuit-relay-limits.ts'
import { RESERVATION_TTL_MS } from '../../src/node/peer/circuit-relay-limits.ts'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import {
  askForReservation,
  OK,
  openSilentCircuit,
  RESERVATION_REFUSED,
  RESOURCE_LIMIT_EXCEEDED,
} from '../support/hop.ts'
import { wsHost } from '../support/hosts.ts'
import { browserAddressOf, startNodePeer } from '../support/node-peer.ts'
import type { RelayBounds } from '../../src/relay/index.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/circuit'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Serves circuits with these limits, and returns the address at which browsers dial it. */
async function startRelay(limits: Partial<CircuitRelayLimits>): Promise<string> {
  const node = await startNodePeer([], limits)
  cleanups.push(() => node.stop())
  return await browserAddressOf(node)
}

async function startPeer(): Promise<Libp2p> {
  const libp2p = await startReferencePeer({ webSockets: true })
  cleanups.push(async () => await libp2p.stop())
  return libp2p
}

/** A client of our relay core whose peer can be reached through these circuit relays. */
async function startClient(
  relays: string[],
  bounds: Partial<RelayBounds> = {},
): Promise<{ client: RelayClient; address: string; stop: () => Promise<void> }> {
  const relay = makeRelay({ network: { relays }, listen: [], bounds })
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = new RelayClient()
  client.socket = await served.connect(client)
  const { peer, addresses } = await client.start()
  return { client, address: encodePeerAddress({ peer, addrs: addresses }), stop: () => relay.stop() }
}

/** As at a peer that knows no lasting streams. */
const ENDS_WITH_ITS_LINK = { lasting: false } as const

/** Two clients with a connection between them through a circuit relay with these limits. */
async function connectThrough(limits: Partial<CircuitRelayLimits>, bounds: Partial<RelayBounds> = {}) {
  const relay = await startRelay(limits)
  const { client: listener, address } = await startClient([relay], bounds)
  await listener.listen(PROTOCOL, false)
  const { client: dialer, stop: stopDialer } = await startClient([], bounds)
  dialer.connect(address, PROTOCOL, false)
  const { id } = await dialer.next('peerConnection')
  return { listener, address, dialer, stopDialer, id }
}

const reasonOf = async (client: RelayClient): Promise<string> =>
  (await client.next('connectionClosed')).reason

test('a slot is free as soon as its peer has left, and the next peer gets it', async () => {
  const relay = await startRelay({ reservations: 1 })
  const [first, second] = [await startPeer(), await startPeer()]
  const askedMs = Date.now()
  const { status, expireSeconds = 0 } = await askForReservation(first, relay)
  expect(status).toBe(OK)
  const grantedMs = expireSeconds * 1000 - RESERVATION_TTL_MS
  // The answer has whole seconds.
  expect(grantedMs).toBeGreaterThan(askedMs - 1_000)
  expect(grantedMs).toBeLessThanOrEqual(Date.now())
  expect(await askForReservation(second, relay)).toEqual({ status: RESERVATION_REFUSED })
  expect((await askForReservation(first, relay)).status).toBe(OK)

  await first.stop()
  await until('the slot', async () => (await askForReservation(second, relay)).status === OK)
})

test('a peer keeps its slot as long as one of its connections is open', async () => {
  const relay = await startRelay({ reservations: 1 })
  const [first, second] = [await startPeer(), await startPeer()]
  await askForReservation(first, relay)
  const more = await first.dial(multiaddr(relay), { force: true })
  const oldest = first.getConnections().find(({ id }) => id !== more.id)
  await oldest?.close()
  expect(await askForReservation(second, relay)).toEqual({ status: RESERVATION_REFUSED })
  await more.close()
  await until('the slot', async () => (await askForReservation(second, relay)).status === OK)
})

test('forty silent peers that connect at the same time keep nobody out', async () => {
  const relay = await startRelay({})
  const url = multiaddrToUri(multiaddr(relay))
  const silent = Array.from({ length: 40 }, () => new WebSocket(url))
  cleanups.push(async () => {
    for (const socket of silent) socket.terminate()
  })
  await Promise.all(silent.map((socket) => once(socket, 'open')))
  expect((await askForReservation(await startPeer(), relay)).status).toBe(OK)
})

test('silent connections to the WebSocket port are closed, and one that speaks is kept', async () => {
  const relay = await startRelay({})
  const port = Number(relay.split('/')[4])
  const speaking = await (await startPeer()).dial(multiaddr(relay))
  const silent = Array.from({ length: 3 }, () => connect({ host: '127.0.0.1', port }))
  await Promise.all(silent.map((socket) => once(socket, 'close')))
  expect(speaking.status).toBe('open')
})

test('an address that has used its share of reservations is refused, and gets more when some are free', async () => {
  const relay = await startRelay({ reservationsPerAddress: 2 })
  const [first, second, third] = [await startPeer(), await startPeer(), await startPeer()]
  expect((await askForReservation(first, relay)).status).toBe(OK)
  expect((await askForReservation(second, relay)).status).toBe(OK)
  expect(await askForReservation(third, relay)).toEqual({ status: RESOURCE_LIMIT_EXCEEDED })
  expect((await askForReservation(first, relay)).status).toBe(OK)
  await second.stop()
  await until('the slot', async () => (await askForReservation(third, relay)).status === OK)
})

test('a circuit beyond the limit is refused with a reason, and accepted when another has ended', async () => {
  const { address, stopDialer } = await connectThrough({ circuits: 1 })
  const { client: other } = await startClient([])
  other.connect(address, PROTOCOL, false)
  const { error } = await other.next('peerConnectionRefused')
  expect(error).toContain('the circuit relay has no circuit left')
  await stopDialer()
  await until("the other circuit's slot", async () => {
    const answers = (): number =>
      other.all('peerConnection').length + other.all('peerConnectionRefused').length
    const before = answers()
    other.connect(address, PROTOCOL, false)
    await until('an answer', () => answers() > before)
    return other.all('peerConnection').length > 0
  })
})

/** A circuit relay, and a plain js-libp2p peer that can be reached through it. */
async function startListener(
  limits: Partial<CircuitRelayLimits>,
): Promise<{ listener: Libp2p; relay: string }> {
  const relay = await startRelay(limits)
  const listener = await startReferencePeer({ webSockets: true, listen: [`${relay}/p2p-circuit`] })
  cleanups.push(async () => await listener.stop())
  await listener.handle(PROTOCOL, () => undefined)
  return { listener, relay }
}

test('a peer that keeps opening circuits to the same peer is refused, and other peers are not', async () => {
  const { listener, relay } = await startListener({})
  const connection = await (await startPeer()).dial(multiaddr(relay))
  for (let count = 0; count < MAX_CIRCUITS_PER_PAIR; count += 1)
    expect((await openSilentCircuit(connection, listener.peerId)).status).toBe(OK)
  const { status } = await openSilentCircuit(connection, listener.peerId)
  expect(status).toBe(RESOURCE_LIMIT_EXCEEDED)

  const other = await (await startPeer()).dial(multiaddr(relay))
  const { status: toOther, stream } = await openSilentCircuit(other, listener.peerId)
  expect(toOther).toBe(OK)
  stream.abort(new Error('it was only to be opened'))
})

test("a circuit relay's shares are free again when circuits have ended", () => {
  const shares = new CircuitShares(4 * MAX_CIRCUITS_PER_PAIR)
  const taken = Array.from({ length: MAX_CIRCUITS_PER_PAIR }, (_, index) => shares.take('a', `to ${index}`))
  expect(taken.every((giveBack) => giveBack !== undefined)).toBe(true)
  expect(shares.take('a', 'another')).toBeUndefined()
  expect(shares.take('b', 'another')).toBeDefined()
  taken[0]?.()
  expect(shares.take('a', 'another')).toBeDefined()
})

test('eleven circuits to one peer cause no warning', async () => {
  const warnings: Error[] = []
  const note = (warning: Error): void => void warnings.push(warning)
  process.on('warning', note)
  cleanups.push(async () => void process.off('warning', note))
  const { listener, relay } = await startListener({})
  for (let count = 0; count < 11; count += 1) {
    const connection = await (await startPeer()).dial(multiaddr(relay))
    expect((await openSilentCircuit(connection, listener.peerId)).status).toBe(OK)
  }
  // Warnings are emitted in the next tick.
  await new Promise(setImmediate)
  expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([])
})

/** A connection between two plain js-libp2p peers through a circuit relay with these limits. */
async function circuitThrough(limits: Partial<CircuitRelayLimits>): Promise<Connection> {
  const { listener } = await startListener(limits)
  const address = await until('the circuit address', () =>
    listener.getMultiaddrs().find((one) => Circuit.exactMatch(one)),
  )
  return await (await startPeer()).dial(address)
}

test('a circuit relay with default limits serves programs that refuse limited circuits, as Go programs do', async () => {
  expect((await askForReservation(await startPeer(), await startRelay({}))).limit).toBeUndefined()
  const circuit = await circuitThrough({})
  expect(circuit.limits).toBeUndefined()
  // Like Go's, it opens no stream on a limited circuit unless it is told that the stream may be cut.
  expect((await circuit.newStream(PROTOCOL)).status).toBe('open')
})

test('configured limits are announced: bytes, and seconds', async () => {
  const limits = { circuitBytes: 5_000_000, circuitMs: 120_000 }
  const { limit } = await askForReservation(await startPeer(), await startRelay(limits))
  expect(limit).toEqual({ seconds: 120, bytes: 5_000_000 })
  const circuit = await circuitThrough(limits)
  expect(circuit.limits?.seconds).toBeGreaterThan(100)
  expect(circuit.limits?.seconds).toBeLessThanOrEqual(120)
  expect(circuit.limits?.bytes).toBeGreaterThan(4_900_000n)
})

test("when a circuit's bytes are used up, both pages see the limit as the reason, not a regular end", async () => {
  const { dialer, listener, id } = await connectThrough({ circuitBytes: 1_000_000 }, ENDS_WITH_ITS_LINK)
  for (let sent = 0; sent < 2_000_000; sent += 50_000)
    dialer.send({ type: 'data', id, data: randomBytes(50_000) })
  for (const client of [dialer, listener])
    expect(await reasonOf(client)).toMatch(
      /^the circuit relay's limit was reached: .* ended, as its bytes are used up$/,
    )
})

test("when a circuit's time is up, both pages see the limit as the reason, not a regular end", async () => {
  const { dialer, listener } = await connectThrough({ circuitMs: 2_000 }, ENDS_WITH_ITS_LINK)
  for (const client of [dialer, listener])
    expect(await reasonOf(client)).toMatch(
      /^the circuit relay's limit was reached: .* ended, as its 2 s are over$/,
    )
})

test.each([
  ['a circuit without limits carries everything', { circuitBytes: 0, circuitMs: 0 }],
  ['a connection that outlives its circuits carries more than one of them may', { circuitBytes: 200_000 }],
])('%s', async (_, limits) => {
  const { dialer, listener, id } = await connectThrough(limits)
  const data = randomBytes(500_000)
  for (let at = 0; at < data.length; at += 50_000)
    dialer.send({ type: 'data', id, data: data.subarray(at, at + 50_000) })
  const { id: far } = await listener.next('listenerConnection')
  await until('all bytes', () => listener.dataOf(far).length === data.length)
  expect(listener.dataOf(far).equals(data)).toBe(true)
})
