import '../support/polyfill.ts'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { Circuit } from '@multiformats/multiaddr-matcher'
import { afterEach, expect, test } from 'vitest'
import { ReservationListeners } from '../../src/relay/reservations/reservation-listeners.ts'
import { Peer } from '../../src/relay/peer.ts'
import { startReferencePeer } from '../support/peers.ts'
import { until } from '../support/until.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startRelay(listen: string[] = []): Promise<Libp2p> {
  const libp2p = await startReferencePeer({ relay: true, listen })
  cleanups.push(async () => await libp2p.stop())
  return libp2p
}

const isCircuit = (address: Multiaddr): boolean => Circuit.matches(address)

test('a circuit relay that is being dialled over a circuit is still reached directly', async () => {
  const between = await startRelay()
  const relay = await startRelay([`${String(between.getMultiaddrs()[0])}/p2p-circuit`])
  const circuit = await until('the circuit address', () => relay.getMultiaddrs().find(isCircuit))
  const direct = relay.getMultiaddrs().filter((address) => !isCircuit(address))
  const peer = await Peer.create({
    queueTask: setImmediate,
    privateKey: await generateKeyPair('Ed25519'),
    listen: [],
    transports: [tcp()],
  })
  cleanups.push(() => peer.stop())

  const joined = peer.libp2p.dial(circuit)
  const listeners = new ReservationListeners(peer)
  const id = relay.peerId.toString()
  const { connection } = await listeners.reserve(id, direct, AbortSignal.timeout(10_000))
  expect(connection.direct).toBe(true)
  expect((await joined).direct).toBe(false)
})
