import '../support/polyfill.ts'
import { runInThisContext } from 'node:vm'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { start as startService, stop as stopService } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { afterEach, expect, test } from 'vitest'
import type { NetworkConfig, Relay } from '../../src/relay/index.ts'
import { EMPTY_NETWORK } from '../../src/relay/index.ts'
import { HOUR_MS, jumpClock } from '../support/clock.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { until } from '../support/until.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A relay of ours that learns of circuit relays from a file that changes. */
async function start(
  relays: string[],
): Promise<{ relay: Relay; network: NetworkConfig; held: () => string[] }> {
  const network: NetworkConfig = { ...EMPTY_NETWORK, relays }
  const relay = makeRelay({ readNetwork: () => network, listen: [], bounds: { identifyTimeoutMs: 200 } })
  cleanups.push(() => relay.stop())
  await relay.start()
  const held = (): string[] =>
    (relay.status().peer?.relays ?? []).filter(({ state }) => state.kind === 'held').map((one) => one.relay)
  return { relay, network, held }
}

async function startRelay(
  privateKey: PrivateKey,
  options: { relay: boolean; port?: number },
): Promise<Libp2p> {
  const libp2p = await startReferencePeer({ ...options, privateKey })
  cleanups.push(async () => await libp2p.stop())
  return libp2p
}

const addressesOf = (libp2p: Libp2p): string[] => libp2p.getMultiaddrs().map((address) => address.toString())
const portOf = (libp2p: Libp2p): number => Number(addressesOf(libp2p)[0]?.split('/')[4])

test('a circuit relay that is down at the start delays nothing, and is used once it is up', async () => {
  const key = await generateKeyPair('Ed25519')
  const first = await startRelay(key, { relay: true })
  const port = portOf(first)
  const addresses = addressesOf(first)
  await first.stop()
  const { held } = await start(addresses)
  expect(held()).toEqual([])
  await startRelay(key, { relay: true, port })
  await until('the reservation', () => held().length === 1)
})

test('a circuit relay that returns with the same key at another address is found again', async () => {
  const key = await generateKeyPair('Ed25519')
  const first = await startRelay(key, { relay: true })
  const { network, held } = await start(addressesOf(first))
  await until('the reservation', () => held().length === 1)
  await first.stop()
  await until('the loss', () => held().length === 0)
  network.relays = addressesOf(await startRelay(key, { relay: true }))
  await until('the reservation at the new address', () => held().length === 1)
})

test('a circuit relay that is no longer named is replaced', async () => {
  const first = await startRelay(await generateKeyPair('Ed25519'), { relay: true })
  const { network, held } = await start(addressesOf(first))
  await until('the reservation', () => held().length === 1)
  const second = await startRelay(await generateKeyPair('Ed25519'), { relay: true })
  network.relays = addressesOf(second)
  await first.stop()
  await until('the reservation on the other', () => held().includes(second.peerId.toString()))
  expect(held()).toEqual([second.peerId.toString()])
})

test('a circuit relay that at first served no circuits is used once it does', async () => {
  const key = await generateKeyPair('Ed25519')
  const before = await startRelay(key, { relay: false })
  const port = portOf(before)
  const { held } = await start(addressesOf(before))
  expect(held()).toEqual([])
  await before.stop()
  await startRelay(key, { relay: true, port })
  await until('the reservation', () => held().includes(peerIdFromPrivateKey(key).toString()))
})

test('a circuit relay that stopped serving circuits when it should renew is used again once it serves them', async () => {
  const libp2p = await startRelay(await generateKeyPair('Ed25519'), { relay: true })
  const service = (libp2p as Libp2p<{ relay: unknown }>).services.relay
  const { relay, held } = await start(addressesOf(libp2p))
  await until('the reservation', () => held().length === 1)
  await stopService(service)
  // A reservation whose clock has jumped is renewed when somebody asks.
  runInThisContext(jumpClock(HOUR_MS))
  cleanups.push(async () => runInThisContext(jumpClock(-HOUR_MS)))
  relay.retry()
  await until('the loss', () => held().length === 0)
  await startService(service)
  await until('the reservation again', () => held().length === 1)
})
