import '../support/polyfill.ts'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import { expect, test } from 'vitest'
import { PeerStoreUpkeep } from '../../src/node/peer/peer-store-upkeep.ts'
import { until } from '../support/until.ts'

test('a peer that was seen once is forgotten in the end, even if nobody asks for it', async () => {
  const datastore = new MemoryDatastore()
  const libp2p = await createLibp2p({
    datastore,
    peerStore: { maxPeerAge: 1, maxAddressAge: 1 },
    services: { upkeep: (components) => new PeerStoreUpkeep(components, 50) },
  })
  const kept = async (): Promise<string[]> => {
    const keys: string[] = []
    for await (const key of datastore.queryKeys({ prefix: '/peers' })) keys.push(key.toString())
    return keys
  }
  try {
    const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
    await libp2p.peerStore.merge(peer, { multiaddrs: [multiaddr('/ip4/192.0.2.1/tcp/1')] })
    const [key = ''] = await kept()
    expect(key).not.toBe('')
    await until('the peer to be forgotten', async () => !(await kept()).includes(key))
  } finally {
    await libp2p.stop()
  }
})
