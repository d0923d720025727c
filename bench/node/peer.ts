import { generateKeyPair } from '@libp2p/crypto/keys'
import { tcp } from '@libp2p/tcp'
import { webSocketTransport } from '../../src/relay/index.ts'
import { Peer } from '../../src/relay/peer.ts'

/** js-libp2p in a process, made by the very code that makes the relay's peer: the same versions, the same options. */
export async function makePeer(listen: string[]): Promise<Peer> {
  return Peer.create({
    privateKey: await generateKeyPair('Ed25519'),
    transports: [tcp(), webSocketTransport()],
    listen,
  })
}
