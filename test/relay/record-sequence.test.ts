import '../support/polyfill.ts'
import { runInThisContext } from 'node:vm'
import type { Libp2p } from '@libp2p/interface'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { afterAll, beforeAll, expect, test } from 'vitest'
import '../../src/relay/libp2p/record-sequence.ts'
import { HOUR_MS, jumpClock } from '../support/clock.ts'
import { startReferencePeer } from '../support/peers.ts'

const privateKey = await generateKeyPair('Ed25519')
const peerId = peerIdFromPrivateKey(privateKey)

let other: Libp2p
beforeAll(async () => {
  other = await startReferencePeer()
})
afterAll(() => other?.stop())

/** Announces a port of this peer to the other one; returns the port that the other one then believes. */
async function tell(port: number): Promise<string[]> {
  const record = new PeerRecord({ peerId, multiaddrs: [multiaddr(`/ip4/127.0.0.1/tcp/${port}`)] })
  const envelope = await RecordEnvelope.seal(record, privateKey)
  await other.peerStore.consumePeerRecord(envelope.marshal())
  const { addresses } = await other.peerStore.get(peerId)
  return addresses.map(({ multiaddr }) => multiaddr.toString())
}

test('other peers accept records that this peer signs after its clock was set back, and two in one millisecond', async () => {
  expect(await tell(1)).toEqual(['/ip4/127.0.0.1/tcp/1'])
  runInThisContext(jumpClock(-HOUR_MS))
  try {
    for (const port of [2, 3, 4]) expect(await tell(port)).toEqual([`/ip4/127.0.0.1/tcp/${port}`])
  } finally {
    runInThisContext(jumpClock(HOUR_MS))
  }
  expect(await tell(5)).toEqual(['/ip4/127.0.0.1/tcp/5'])
})

test('a received record keeps its number', () => {
  const own = new PeerRecord({ peerId, multiaddrs: [] })
  const received = PeerRecord.createFromProtobuf(own.marshal())
  expect(received.seqNumber).toBe(own.seqNumber)
})
