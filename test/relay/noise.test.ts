import '../support/polyfill.ts'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { StreamMuxerFactory } from '@libp2p/interface'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { expect, test } from 'vitest'
import { boundedNoise } from '../../src/relay/libp2p/noise.ts'
import { heldBytes } from '../support/heap.ts'
import { until } from '../support/until.ts'

async function makeEncrypter() {
  const privateKey = await generateKeyPair('Ed25519')
  return boundedNoise()({
    privateKey,
    peerId: peerIdFromPrivateKey(privateKey),
    logger: defaultLogger(),
    upgrader: { getStreamMuxers: () => new Map<string, StreamMuxerFactory>() },
  } as unknown as Parameters<ReturnType<typeof boundedNoise>>[0])
}

test('an encrypted message that arrives byte by byte takes little more memory than its bytes', async () => {
  const [peer, own] = multiaddrConnectionPair()
  const [near, far] = [await makeEncrypter(), await makeEncrypter()]
  const [secured, theirs] = await Promise.all([near.secureInbound(own), far.secureOutbound(peer)])
  const received: Uint8Array[] = []
  secured.connection.addEventListener('message', ({ data }) => received.push(data.subarray()))
  theirs.connection.send(Uint8Array.of(1, 2, 3))
  await until('a message', () => received.length === 1)

  // The length of the longest message, and then its bytes one by one, except the last.
  peer.send(Uint8Array.of(0xff, 0xff))
  const { decoder } = secured.connection as unknown as { decoder: { buffer: { byteLength: number } } }
  const before = heldBytes()
  const count = 40_000
  for (let sent = 0; sent < count; sent += 1_000) {
    for (let index = 0; index < 1_000; index++) peer.send(Uint8Array.of(index))
    await until('these bytes', () => decoder.buffer.byteLength === 2 + sent + 1_000)
  }
  expect(heldBytes() - before).toBeLessThan(10 * count + 1_000_000)
})
