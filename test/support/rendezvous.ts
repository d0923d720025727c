import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { RENDEZVOUS_PROTOCOL } from '../../src/relay/rendezvous/limits.ts'
import type {
  Registration,
  RendezvousAnswer,
  RendezvousMessage,
  RendezvousRequest,
} from '../../src/relay/rendezvous/messages.ts'
import { decodeRendezvous, encodeRendezvous } from '../../src/relay/rendezvous/messages.ts'

/** Sends one request on a stream of its own, and returns the answer. */
export async function ask(
  libp2p: Libp2p,
  point: string,
  request: RendezvousRequest,
): Promise<RendezvousAnswer> {
  const signal = AbortSignal.timeout(10_000)
  const connection = await libp2p.dial(multiaddr(point), { signal })
  const stream = await connection.newStream(RENDEZVOUS_PROTOCOL, { signal })
  const messages = lpStream(stream)
  await messages.write(encodeRendezvous(request), { signal })
  if (request.type === 'unregister') {
    await stream.close({ signal })
    return { type: 'registerResponse', status: 'OK' }
  }
  const answer = decodeRendezvous((await messages.read({ signal })).subarray())
  await stream.close({ signal })
  if (answer.type !== 'registerResponse' && answer.type !== 'discoverResponse') throw new Error(answer.type)
  return answer
}

/** A signed record of a peer with these addresses, and a higher number than earlier ones. */
export async function recordOf(privateKey: PrivateKey, addresses: string[]): Promise<Uint8Array> {
  const peerId = peerIdFromPrivateKey(privateKey)
  const multiaddrs = addresses.map((address) => multiaddr(address))
  return (await RecordEnvelope.seal(new PeerRecord({ peerId, multiaddrs }), privateKey)).marshal()
}

/** The registration of a new peer, at which nobody listens. */
export async function strangerIn(namespace: string): Promise<Registration> {
  const signedPeerRecord = await recordOf(await generateKeyPair('Ed25519'), ['/ip4/127.0.0.1/tcp/1'])
  return { namespace, signedPeerRecord, ttlSeconds: 7_200 }
}

/** How a rendezvous point answers: with a message, with these bytes, or not at all. */
export type Answering = (request: RendezvousMessage) => RendezvousMessage | Uint8Array | undefined

/** Makes a peer answer as a rendezvous point in this way. */
export async function serveRendezvous(libp2p: Libp2p, answer: Answering): Promise<void> {
  await libp2p.handle(RENDEZVOUS_PROTOCOL, async (stream) => {
    const messages = lpStream(stream)
    const request = decodeRendezvous((await messages.read()).subarray())
    const answered = answer(request)
    if (answered !== undefined)
      await messages.write(answered instanceof Uint8Array ? answered : encodeRendezvous(answered))
  })
}
