import '../support/polyfill.ts'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { Stream } from '@libp2p/interface'
import { webRTCDirect } from '@libp2p/webrtc'
import { createLibp2p } from 'libp2p'
import { afterEach, expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { MAX_MESSAGE_PIECES } from '../../src/relay/libp2p/stream-bounds.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/pieces'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A connection of a client over WebRTC, and the channel of its remote end. */
async function connect(): Promise<{ client: RelayClient; id: bigint; channel: RTCDataChannel }> {
  const remote = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct'] },
    transports: [webRTCDirect()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  })
  cleanups.push(async () => await remote.stop())
  const streams: Stream[] = []
  await remote.handle(PROTOCOL, (stream) => void streams.push(stream))
  const relay = makeRelay({ transports: [webRTCDirect()], listen: [] })
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = new RelayClient()
  client.socket = await served.connect(client)
  await client.start()
  const addrs = remote.getMultiaddrs().map((address) => address.toString())
  client.connect(encodePeerAddress({ peer: remote.peerId.toString(), addrs }), PROTOCOL, false)
  const { id } = await client.next('peerConnection')
  const stream = await until('the stream of the remote', () => streams[0])
  const { channel } = stream as Stream & { channel?: RTCDataChannel }
  if (channel === undefined) throw new Error('@libp2p/webrtc has changed: its streams have no channel')
  return { client, id, channel }
}

/**
 * A message of the WebRTC specification by hand: its length, then field 2 with the payload, in one-byte
 * pieces.
 */
function piecesOf(payload: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const message = [0x12, ...varint(payload.length), ...payload]
  return [...varint(message.length), ...message].map((byte) => Uint8Array.of(byte))
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]
}

test('a message over WebRTC may arrive in single bytes, and the next one too', async () => {
  const { client, id, channel } = await connect()
  const payload = new Uint8Array(3_000).map((_, index) => index)
  for (const piece of [...piecesOf(payload), ...piecesOf(payload)]) channel.send(piece)
  await until('both messages', () => client.dataOf(id).byteLength === 6_000)
  expect(client.dataOf(id).equals(Buffer.concat([payload, payload]))).toBe(true)
  expect(client.all('connectionClosed')).toEqual([])
})

test('a peer that sends one WebRTC message in more pieces than the bound loses the stream, and the client learns why', async () => {
  const { client, channel } = await connect()
  for (const piece of piecesOf(new Uint8Array(MAX_MESSAGE_PIECES + 1))) channel.send(piece)
  expect((await client.next('connectionClosed')).reason).toBe(
    `the other side sent one message in more than ${MAX_MESSAGE_PIECES} pieces`,
  )
  expect(client.all('data')).toEqual([])
})
