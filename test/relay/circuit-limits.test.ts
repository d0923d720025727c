import '../support/polyfill.ts'
import { randomBytes } from 'node:crypto'
import type { CircuitRelayServerInit } from '@libp2p/circuit-relay-v2'
import type { Connection, Libp2p } from '@libp2p/interface'
import { afterEach, expect, test, vi } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { CircuitLimits } from '../../src/relay/dialing/circuit-limits.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/limits'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A client of our relay whose peer can be reached through these circuit relays. */
async function start(
  relays: string[],
): Promise<{ client: RelayClient; address: string; stop: () => Promise<void> }> {
  // Connections that outlive their circuits go on when a limit is reached.
  const relay = makeRelay({ network: { relays }, listen: [], bounds: { lasting: false } })
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

/** Two clients and a connection between them through js-libp2p's own circuit relay with these limits. */
async function connect(reservations: CircuitRelayServerInit['reservations']): Promise<{
  circuitRelay: Libp2p
  dialer: RelayClient
  listener: RelayClient
  stopListener: () => Promise<void>
  id: bigint
}> {
  const circuitRelay = await startReferencePeer({ relay: { reservations: reservations ?? {} } })
  cleanups.push(async () => await circuitRelay.stop())
  const far = await start(circuitRelay.getMultiaddrs().map((address) => address.toString()))
  const near = await start([])
  await far.client.listen(PROTOCOL, false)
  near.client.connect(far.address, PROTOCOL, false)
  const { id } = await near.client.next('peerConnection')
  return { circuitRelay, dialer: near.client, listener: far.client, stopListener: far.stop, id }
}

const circuitAddressesOf = (libp2p: Libp2p): string[] =>
  libp2p
    .getMultiaddrs()
    .map((address) => address.toString())
    .filter((address) => address.includes('/p2p-circuit'))

const reasonOf = async (client: RelayClient): Promise<string> =>
  (await client.next('connectionClosed')).reason

test("when a circuit's time is up, both sides learn it, although js-libp2p sends the limit in milliseconds", async () => {
  const { dialer, listener } = await connect({ defaultDurationLimit: 2_000 })
  for (const client of [dialer, listener]) {
    expect(await reasonOf(client)).toMatch(
      /^the circuit relay's limit was reached: the circuit to \w+ through \S+ ended, as its 2 s are over$/,
    )
  }
})

test("when a circuit's bytes are used up, both sides learn it", async () => {
  const { dialer, listener, id } = await connect({ defaultDataLimit: 1_000_000n })
  for (let sent = 0; sent < 2_000_000; sent += 50_000)
    dialer.send({ type: 'data', id, data: randomBytes(50_000) })
  for (const client of [dialer, listener]) {
    expect(await reasonOf(client)).toMatch(
      /^the circuit relay's limit was reached: the circuit to \w+ through \S+ ended, as its bytes are used up$/,
    )
  }
})

test('a circuit whose other end has gone has not reached a limit', async () => {
  const circuitRelay = await startReferencePeer({ relay: { reservations: { defaultDataLimit: 131_072n } } })
  cleanups.push(async () => await circuitRelay.stop())
  const circuits = circuitRelay.getMultiaddrs().map((address) => `${address.toString()}/p2p-circuit`)
  const far = await startReferencePeer({ listen: circuits })
  cleanups.push(async () => await far.stop())
  await far.handle(PROTOCOL, () => undefined, { runOnLimitedConnection: true })
  await until('the reservation', () => circuitAddressesOf(far).length > 0)
  const { client } = await start([])
  const address = encodePeerAddress({ peer: far.peerId.toString(), addrs: circuitAddressesOf(far) })
  client.connect(address, PROTOCOL, false)
  await client.next('peerConnection')
  for (const connection of far.getConnections(circuitRelay.peerId)) connection.abort(new Error('it is gone'))
  expect(await reasonOf(client)).toMatch(/^connection lost: the circuit to \w+ through \S+ ended$/)
})

test('a peer that stops resets its connections over circuits, and this is not reported as a limit', async () => {
  const { dialer, stopListener } = await connect({ defaultDataLimit: 131_072n })
  await stopListener()
  expect(await reasonOf(dialer)).toBe('the other side reset the stream')
})

test('a circuit whose circuit relay has gone has not reached a limit', async () => {
  const { dialer, listener, circuitRelay } = await connect({ defaultDataLimit: 131_072n })
  await circuitRelay.stop()
  for (const client of [dialer, listener])
    expect(await reasonOf(client)).toMatch(/^connection lost: the circuit to \w+ through \S+ ended$/)
})

test('a circuit relay that counts in seconds, as the specification says, is understood too', () => {
  const events = new EventTarget()
  const limits = new CircuitLimits(events as unknown as Libp2p, (peer) => peer === 'relay')
  const circuit = (seconds: number, ageMs: number): Connection => {
    const connection = { status: 'aborted', limits: { seconds } }
    const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now() - ageMs)
    events.dispatchEvent(new CustomEvent('connection:open', { detail: connection }))
    now.mockRestore()
    return connection as unknown as Connection
  }
  expect(limits.reached(circuit(120, 119_500), 'relay')).toBe('its 120 s are over')
  expect(limits.reached(circuit(120, 60_000), 'relay')).toBeUndefined()
  expect(limits.reached(circuit(120, 120), 'relay')).toBeUndefined()
  expect(limits.reached(circuit(120, 119_500), 'a relay that is gone')).toBeUndefined()
  expect(limits.reached(circuit(3_600, 3_600_000), 'relay')).toBe('its 3600 s are over')
})

test('a circuit that is cut while most of a small allowance is left has not reached a limit', () => {
  const events = new EventTarget()
  const limits = new CircuitLimits(events as unknown as Libp2p, () => true)
  const cut = (bytes: bigint, bytesLeft: bigint): string | undefined => {
    const connection = { status: 'reset', limits: { bytes }, timeline: { open: Date.now() } }
    events.dispatchEvent(new CustomEvent('connection:open', { detail: connection }))
    connection.limits.bytes = bytesLeft
    return limits.reached(connection as unknown as Connection, 'relay')
  }
  expect(cut(131_072n, 120_000n)).toBeUndefined()
  expect(cut(131_072n, 20_000n)).toBe('its bytes are used up')
})

test('only a circuit that its circuit relay closes properly after all of its bytes have passed has reached its limit', () => {
  const events = new EventTarget()
  const limits = new CircuitLimits(events as unknown as Libp2p, () => true)
  const ended = (bytes: bigint, bytesLeft: bigint): string | undefined => {
    const connection = { status: 'open', limits: { bytes } }
    events.dispatchEvent(new CustomEvent('connection:open', { detail: connection }))
    Object.assign(connection, { status: 'closed', limits: { bytes: bytesLeft } })
    return limits.reached(connection as unknown as Connection, 'relay')
  }
  expect(ended(131_072n, 0n)).toBe('its bytes are used up')
  expect(ended(131_072n, 100_000n)).toBeUndefined()
  expect(ended(131_072n, 30_000n)).toBeUndefined()
})
