import '../support/polyfill.ts'
import { runInThisContext } from 'node:vm'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p } from '@libp2p/interface'
import { kadDHT } from '@libp2p/kad-dht'
import { peerIdFromString } from '@libp2p/peer-id'
import { afterEach, expect, test } from 'vitest'
import { renewalMs } from '../../src/relay/reservations/reservation-listeners.ts'
import type { KeptCircuitRelay, NetworkConfig, Relay } from '../../src/relay/index.ts'
import { EMPTY_NETWORK } from '../../src/relay/index.ts'
import { selectAddresses } from '../../src/site/peer/short-connect-string.ts'
import type { ReservationFailure, ReservationStatus } from '../../src/status/index.ts'
import { HOUR_MS, jumpClock } from '../support/clock.ts'
import { LOCAL_DHT, makeRelay, pinging, startReferencePeer } from '../support/peers.ts'
import type { Liar, Lie } from '../support/relays.ts'
import { startLiar } from '../support/relays.ts'
import { wsHost } from '../support/hosts.ts'
import { RelayClient } from '../support/relay-client.ts'
import { browserAddressOf, startNodePeer } from '../support/node-peer.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Started {
  relay: Relay
  reports: () => ReservationStatus[]
  /** Peer IDs of the circuit relays that hold a reservation. */
  held: () => string[]
  kept: KeptCircuitRelay[]
}

async function start(
  network: Partial<NetworkConfig>,
  options: Pick<NonNullable<Parameters<typeof makeRelay>[0]>, 'services'> & {
    kept?: KeptCircuitRelay[]
  } = {},
): Promise<Started> {
  const { kept = [], ...rest } = options
  const stored = { relays: kept }
  const relay = makeRelay({
    ...rest,
    network: { ...EMPTY_NETWORK, ...network },
    listen: [],
    bounds: { identifyTimeoutMs: 200 },
    circuitRelayStore: {
      load: async () => stored.relays,
      save: async (relays) => void (stored.relays = relays),
    },
  })
  cleanups.push(() => relay.stop())
  await relay.start()
  const reports = (): ReservationStatus[] => relay.status().peer?.relays ?? []
  return {
    relay,
    reports,
    held: () =>
      reports()
        .filter(({ state }) => state.kind === 'held')
        .map((one) => one.relay),
    get kept() {
      return stored.relays
    },
  }
}

async function startRelay(
  relay: Parameters<typeof startReferencePeer>[0] = { relay: true },
): Promise<Libp2p> {
  const libp2p = await startReferencePeer(relay)
  cleanups.push(async () => await libp2p.stop())
  return libp2p
}

const addressesOf = (libp2p: Libp2p): string[] => libp2p.getMultiaddrs().map((address) => address.toString())
const idOf = (libp2p: Libp2p): string => libp2p.peerId.toString()

test('a peer holds reservations on the first two circuit relays, and uses the third when one is lost', async () => {
  const [one, two, three] = [await startRelay(), await startRelay(), await startRelay()]
  const { relay, held } = await start({ relays: [one, two, three].flatMap(addressesOf) })
  await until('two reservations', () => held().length === 2)
  expect(held()).toEqual([idOf(one), idOf(two)])
  await one.stop()
  await until('the third', () => held().includes(idOf(three)))
  expect(held().toSorted()).toEqual([idOf(two), idOf(three)].toSorted())
  // What is announced is what works.
  const through = (relay.status().peer?.addresses ?? []).map(({ address }) => address)
  expect(through.filter((address) => address.includes(idOf(one)))).toEqual([])
  expect(through.filter((address) => address.includes(idOf(three)))).not.toEqual([])
})

test.each([0, 1, 3])(
  'a peer holds as many reservations as /network.json asks for: %i',
  async (reservations) => {
    const relays = [await startRelay(), await startRelay(), await startRelay()]
    const { held, reports } = await start({ reservations, relays: relays.flatMap(addressesOf) })
    await until('the reservations', () => held().length === reservations)
    expect(reports().filter(({ state }) => state.kind === 'spare')).toHaveLength(3 - reservations)
  },
)

async function startLiarOf(lie: Lie): Promise<Liar> {
  const liar = await startLiar(lie)
  cleanups.push(async () => await liar.libp2p.stop())
  return liar
}

test.each<[Lie, ReservationFailure['kind'], string]>([
  ['refused', 'full', 'it refused: it has no reservation left'],
  ['over in a moment', 'untrue', 'it gave a reservation that ends immediately'],
  ['over for an hour', 'untrue', 'it gave a reservation that ends immediately'],
  ['forgotten at once', 'untrue', 'it gave a reservation, but does not know it any more'],
  ['of no use', 'untrue', 'it gave a reservation, but opens no circuits'],
  ['a yes to everything', 'untrue', 'it gave a reservation, but opens no circuits'],
])(
  'a circuit relay whose reservation is %s is skipped, and the status says why',
  async (lie, kind, message) => {
    const { libp2p: liar } = await startLiarOf(lie)
    const honest = await startRelay()
    const { relay, held, reports } = await start({
      reservations: 1,
      relays: [...addressesOf(liar), ...addressesOf(honest)],
    })
    await until('the honest one', () => held().includes(idOf(honest)))
    expect(reports().find((one) => one.relay === idOf(liar))).toMatchObject({
      state: { kind: 'waiting' },
      lastError: { kind, message },
    })
    const told = relay.status().peer?.addresses ?? []
    expect(told.filter(({ address }) => address.includes(idOf(liar)))).toEqual([])
  },
)

test('a peer with only a lying circuit relay is not public, and its status says what the circuit relay did', async () => {
  const { libp2p: liar } = await startLiarOf('forgotten at once')
  const { relay, reports } = await start({ relays: addressesOf(liar) })
  await until('the second failure', () => {
    const [report] = reports()
    return report?.state.kind === 'waiting' && report.state.failures > 1
  })
  const { public: isPublic, addresses = [] } = relay.status().peer ?? {}
  expect(isPublic).toBe(false)
  expect(addresses.filter(({ told, confirmed }) => told || confirmed)).toEqual([])
})

test('a reservation without an end is accepted', async () => {
  const { libp2p: liar } = await startLiarOf('without end')
  const { held } = await start({ relays: addressesOf(liar) })
  await until('the reservation', () => held().includes(idOf(liar)))
})

test.each<Lie>(['silence', 'nonsense'])(
  'a circuit relay that answers with %s does not delay the others',
  async (lie) => {
    const { libp2p: liar } = await startLiarOf(lie)
    const honest = await startRelay()
    const { held, reports } = await start({
      reservations: 1,
      relays: [...addressesOf(liar), ...addressesOf(honest)],
    })
    await until('the honest one', () => held().includes(idOf(honest)))
    expect(reports().find(({ relay }) => relay === idOf(liar))?.state.kind).not.toBe('held')
  },
)

test('an answer that comes after the timeout changes nothing', async () => {
  const { libp2p: liar, waiting } = await startLiarOf('late')
  const { relay, reports } = await start({ relays: addressesOf(liar) })
  await until('the attempt to end', () => reports()[0]?.lastError)
  for (const answer of waiting.splice(0)) answer()
  await until('the next attempt', () => waiting.length > 0)
  const { public: isPublic, addresses = [] } = relay.status().peer ?? {}
  expect(isPublic).toBe(false)
  expect(addresses.filter(({ told, confirmed }) => told || confirmed)).toEqual([])
})

test('after the clock has jumped, a reservation is renewed on request even if it seems to be valid', async () => {
  const liar = await startLiarOf('without end')
  const { relay, held } = await start({ relays: addressesOf(liar.libp2p) })
  await until('the reservation', () => held().length === 1)
  runInThisContext(jumpClock(HOUR_MS))
  cleanups.push(async () => runInThisContext(jumpClock(-HOUR_MS)))
  relay.retry()
  await until('the renewal', () => liar.asked === 2)
  // One renewal is enough.
  relay.retry()
  const { id = '' } = relay.status().peer ?? {}
  await pinging(liar.libp2p).ping(peerIdFromString(id))
  expect(liar.asked).toBe(2)
  expect(held()).toEqual([idOf(liar.libp2p)])
})

test.each([HOUR_MS, -HOUR_MS])(
  'an attempt takes as long as before when the wall clock jumps by %i ms in the middle of it',
  async (byMs) => {
    const { libp2p: liar, waiting } = await startLiarOf('late')
    const { reports } = await start({ relays: addressesOf(liar) })
    await until('the request for a reservation', () => waiting.length === 1)
    runInThisContext(jumpClock(byMs))
    cleanups.push(async () => runInThisContext(jumpClock(-byMs)))
    waiting.shift()?.()
    await until('the request for a circuit', () => waiting.length === 1)
    waiting.shift()?.()
    const report = await until('the failure', () =>
      reports().find(({ lastError }) => lastError !== undefined),
    )
    expect(report.lastError).toMatchObject({ kind: 'untrue' })
    expect(Math.abs(report.tookMs ?? NaN)).toBeLessThan(HOUR_MS / 2)
    const waits = await until('the next wait', () => {
      const state = reports()[0]?.state
      return state?.kind === 'waiting' ? { retryMs: state.retryMs } : undefined
    })
    expect(Math.abs(waits.retryMs - Date.now())).toBeLessThan(HOUR_MS / 2)
  },
)

test.each([HOUR_MS, -HOUR_MS])(
  'a reservation is kept when the wall clock jumps by %i ms in the middle of it, and replaced after a loss',
  async (byMs) => {
    const privateKey = await generateKeyPair('Ed25519')
    const first = await startRelay({ relay: true, privateKey })
    const port = Number(addressesOf(first)[0]?.split('/')[4])
    const { relay, held, reports } = await start({ relays: addressesOf(first) })
    await until('the reservation', () => held().length === 1)
    runInThisContext(jumpClock(byMs))
    cleanups.push(async () => runInThisContext(jumpClock(-byMs)))
    relay.retry()
    expect(held()).toEqual([idOf(first)])
    await first.stop()
    const waits = await until('the second failure', () => {
      const state = reports()[0]?.state
      return state?.kind === 'waiting' && state.failures > 1 ? { retryMs: state.retryMs } : undefined
    })
    expect(Math.abs(waits.retryMs - Date.now())).toBeLessThan(HOUR_MS / 2)
    await startRelay({ relay: true, privateKey, port })
    await until('the reservation again', () => held().length === 1)
  },
)

test('a named circuit relay that is down is still tried soon when the wall clock is set back during the wait', async () => {
  const down = await startRelay()
  const relays = addressesOf(down)
  await down.stop()
  const { reports } = await start({ relays })
  const retryAt = async (): Promise<number> => {
    const waits = await until('the wait', () => {
      const state = reports()[0]?.state
      return state?.kind === 'waiting' && state.failures > 1 ? { retryMs: state.retryMs } : undefined
    })
    return waits.retryMs
  }
  await retryAt()
  runInThisContext(jumpClock(-HOUR_MS))
  cleanups.push(async () => runInThisContext(jumpClock(HOUR_MS)))
  expect((await retryAt()) - Date.now()).toBeLessThan(HOUR_MS / 2)
})

test('a reservation is renewed long before its end, and at least every five minutes, because clocks may differ', () => {
  const MINUTE_MS = 60_000
  expect([-60, 0.5, 2, 6, 60, 1e9].map((minutes) => renewalMs(minutes * MINUTE_MS) / MINUTE_MS)).toEqual([
    0.5, 0.5, 1, 3, 5, 5,
  ])
})

test('a circuit relay that announces a thousand dead addresses leaves room for an honest one in the connect string', async () => {
  const { libp2p: liar } = await startLiarOf('a thousand addresses')
  const honest = await startRelay()
  const { relay, held } = await start({ relays: [...addressesOf(liar), ...addressesOf(honest)] })
  await until('both reservations', () => held().length === 2)
  const told = (relay.status().peer?.addresses ?? []).filter((one) => one.told).map(({ address }) => address)
  // The addresses at which this peer has reached the circuit relays itself come first.
  const proven = [...addressesOf(liar), ...addressesOf(honest)].map((address) => `${address}/p2p-circuit`)
  expect(told.slice(0, 2).toSorted()).toEqual(proven.toSorted())
  expect(selectAddresses(told)).toEqual(expect.arrayContaining(proven))
  expect(told.length).toBeLessThan(10)
})

test('the status says that a circuit relay is full', async () => {
  const full = await startRelay({ relay: { reservations: { maxReservations: 0 } } })
  const { reports } = await start({ relays: addressesOf(full) })
  const error = await until('the refusal', () => reports()[0]?.lastError)
  expect(error).toMatchObject({ kind: 'full', message: 'it refused: it has no reservation left' })
})

test('a circuit relay that served is stored, and used later when none is named', async () => {
  const libp2p = await startRelay()
  const first = await start({ relays: addressesOf(libp2p) })
  await until('the reservation', () => first.held().length === 1)
  expect(first.kept.map(({ addresses }) => addresses)).toEqual([addressesOf(libp2p)])
  await first.relay.stop()

  const nonsense = { addresses: ['/ip4/nonsense', 'x'], servedMs: 1 }
  const again = await start({}, { kept: [nonsense, ...first.kept] })
  await until('the reservation on the stored one', () => again.held().includes(idOf(libp2p)))
  expect(again.reports()).toMatchObject([{ relay: idOf(libp2p), from: 'record' }])
})

test('a connected peer that serves circuits is used as a circuit relay', async () => {
  const connected = await startRelay()
  const { held, reports } = await start({ bootstrap: addressesOf(connected) })
  await until('the reservation', () => held().includes(idOf(connected)))
  expect(reports()).toMatchObject([{ relay: idOf(connected), from: 'connected' }])
})

test('a peer that only claims to be a circuit relay is asked once, however often the status is read', async () => {
  const liar = await startLiarOf('refused')
  const { relay, reports } = await start({ bootstrap: addressesOf(liar.libp2p) })
  await until('the refusal', () => reports()[0]?.lastError)
  for (let looks = 0; looks < 12; looks += 1) {
    relay.retry()
    await until('all attempts to end', () => reports().every(({ state }) => state.kind !== 'trying'))
  }
  expect(liar.asked).toBe(1)
})

test('a more trusted circuit relay replaces one that was only connected', async () => {
  const connected = await startRelay()
  const privateKey = await generateKeyPair('Ed25519')
  const named = await startRelay({ relay: true, privateKey })
  const port = Number(addressesOf(named)[0]?.split('/')[4])
  const network = { ...EMPTY_NETWORK, reservations: 1, relays: addressesOf(named) }
  await named.stop()
  const { relay, held } = await start({ ...network, bootstrap: addressesOf(connected) })
  await until('the reservation on the connected one', () => held().includes(idOf(connected)))
  await startRelay({ relay: true, privateKey, port })
  relay.retry()
  await until('the reservation on the named one alone', () => held().join() === idOf(named))
})

test("a page's stream to a circuit relay survives when a more trusted one replaces it", async () => {
  const atHand = await startRelay()
  await atHand.handle('/x/held', (stream) => {
    stream.addEventListener('message', ({ data }) => void stream.send(data))
  })
  const privateKey = await generateKeyPair('Ed25519')
  const named = await startRelay({ relay: true, privateKey })
  const port = Number(addressesOf(named)[0]?.split('/')[4])
  const network = { reservations: 1, relays: addressesOf(named) }
  await named.stop()
  const { relay, held } = await start(network, { kept: [{ addresses: addressesOf(atHand), servedMs: 1 }] })
  await until('the reservation on the connected one', () => held().includes(idOf(atHand)))
  const served = await wsHost.serve(relay)
  cleanups.push(() => served.close())
  const page = new RelayClient()
  page.socket = await served.connect(page)
  await page.start()
  page.connect(idOf(atHand), '/x/held', false)
  const { id } = await page.next('peerConnection')

  await startRelay({ relay: true, privateKey, port })
  relay.retry()
  await until('the reservation on the named one alone', () => held().join() === idOf(named))
  page.send({ type: 'data', id, data: new TextEncoder().encode('still there?') })
  await until('the answer', () => page.dataOf(id).toString() === 'still there?')
  expect(page.all('connectionClosed')).toEqual([])
})

test('a peer that knows no circuit relays searches the network for them', async () => {
  const entry = await startRelay({ dht: true })
  const libp2p = await startRelay({ dht: true, relay: true })
  await libp2p.dial(entry.getMultiaddrs())
  const { held, reports } = await start(
    { bootstrap: addressesOf(entry) },
    { services: { dht: kadDHT({ ...LOCAL_DHT, clientMode: true }) } },
  )
  await until('the reservation', () => held().includes(idOf(libp2p)))
  // The walk itself may have connected to it.
  expect(['routing', 'connected']).toContain(reports().find(({ relay }) => relay === idOf(libp2p))?.from)
})

test.each([
  ['when somebody looks', true],
  ['even if nobody looks, before other peers notice', false],
])('a circuit relay whose connection died without notice is found out %s', async (_, looks) => {
  const node = await startNodePeer([])
  cleanups.push(() => node.stop())
  const [, port = '', id = ''] = /\/tcp\/(\d+)\/ws\/p2p\/(\w+)$/.exec(await browserAddressOf(node)) ?? []
  const proxy = await startTcpProxy(Number(port))
  cleanups.push(() => proxy.close())
  const { relay, held } = await start({ relays: [`/ip4/127.0.0.1/tcp/${proxy.port}/ws/p2p/${id}`] })
  await until('the reservation', () => held().length === 1)
  proxy.cut()
  if (looks) relay.retry()
  await until('the loss', () => held().length === 0)
  proxy.restore()
  const restoredMs = performance.now()
  await until('the reservation again', () => held().length === 1, 30_000)
  console.log(`served again ${Math.round(performance.now() - restoredMs)} ms after the way was open`)
})
