import '../support/polyfill.ts'
import { createHash, randomBytes } from 'node:crypto'
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { ConnectOptions } from '../../src/client/index.ts'
import { DEFAULT_PAUSE_ABOVE_BYTES, connect } from '../../src/client/index.ts'
import type { Relay } from '../../src/relay/index.ts'
import { wsHost } from '../support/hosts.ts'
import { frame, makeRelay, startReferencePeer } from '../support/peers.ts'
import { until } from '../support/until.ts'

const cleanups: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function serve(relay: Relay): Promise<string> {
  const served = await wsHost.serve(relay)
  const { url } = served
  if (url === undefined) throw new Error('the host has no URL')
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  return url
}

async function twoClients(options: Pick<ConnectOptions, 'limits' | 'protocols'>) {
  const url = await serve(makeRelay({ listen: [] }))
  const reader = await connect(url, { WebSocket, ...options })
  const sender = await connect(url, { WebSocket })
  cleanups.push(
    () => reader.close(),
    () => sender.close(),
  )
  return { reader, sender }
}

/** Sends all bytes as fast as the stream takes them, and then its end. */
async function sendAll(stream: Stream, payload: Uint8Array, sent: (bytes: number) => void): Promise<void> {
  for (let start = 0; start < payload.byteLength; start += 250_000) {
    sent(start)
    if (!stream.send(payload.subarray(start, start + 250_000)))
      await new Promise((resolve) => stream.addEventListener('drain', resolve, { once: true }))
  }
  await stream.close()
}

test.each([true, false])(
  'a reader that stands still slows a remote peer down and loses nothing, frames: %s',
  async (frames) => {
    const relay = makeRelay()
    const reader = await connect(await serve(relay), { WebSocket })
    cleanups.push(() => reader.close())
    const peer = await startReferencePeer()
    cleanups.push(async () => await peer.stop())
    const listener = await reader.listen('/x/slow', { frames })
    const link = await peer.dial(reader.addresses.map((at) => multiaddr(`${at}/p2p/${reader.peer}`)))
    const stream = await link.newStream('/x/slow')
    const payload = randomBytes(96_000_000)
    const wire = frames ? Buffer.concat(framesOf(payload)) : payload
    let sentBytes = 0
    const sending = sendAll(stream, wire, (bytes) => {
      sentBytes = bytes
    })
    const { value: connection } = await listener[Symbol.asyncIterator]().next()
    let last = -1
    let calm = 0
    await until('the sender to stand still', () => {
      calm = sentBytes === last && sentBytes > 0 ? calm + 1 : 0
      last = sentBytes
      return calm === 25
    })
    // More than what may be unread at the client waits at the sender: that is what Pause is for.
    expect(sentBytes).toBeLessThan(4 * DEFAULT_PAUSE_ABOVE_BYTES)
    const hash = createHash('sha256')
    for await (const message of connection ?? []) hash.update(message)
    await sending
    expect(await connection?.closed).toEqual({ reason: 'EOF', clean: true })
    expect(hash.digest('hex')).toBe(createHash('sha256').update(payload).digest('hex'))
  },
)

/** The payload in frames of 100,000 bytes. */
function framesOf(payload: Buffer): Uint8Array[] {
  return Array.from({ length: Math.ceil(payload.length / 100_000) }, (_, index) =>
    frame(payload.subarray(index * 100_000, (index + 1) * 100_000)),
  )
}

test('a sender whose bytes are not read gets a reset, not an end of stream, without the subprotocol', async () => {
  const { reader, sender } = await twoClients({ limits: { maxUnreadBytes: 100_000 }, protocols: [] })
  const listener = await reader.listen('/x/slow', { frames: false })
  const sending = await sender.dial(reader.peer, '/x/slow', { frames: false })
  const { value: unread } = await listener[Symbol.asyncIterator]().next()
  for (let sent = 0; sent < 10; sent++) sending.send(new Uint8Array(50_000))
  expect(await sending.closed).toEqual({ reason: 'the other side reset the stream', clean: false })
  expect((await unread?.closed)?.reason).toContain('it was not read')
})

test('a peer whose connection does not fit the backlog gets a reset, not an end of stream', async () => {
  const { reader, sender } = await twoClients({ limits: { maxBacklog: 1 } })
  await reader.listen('/x/full')
  const taken = await sender.dial(reader.peer, '/x/full')
  const refused = await sender.dial(reader.peer, '/x/full')
  expect(await refused.closed).toEqual({ reason: 'the other side reset the stream', clean: false })
  taken.close()
  await until('the end', async () => (await taken.closed).clean)
})
