import '../support/polyfill.ts'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { connect } from '../../src/client/index.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay } from '../support/peers.ts'
import { until } from '../support/until.ts'

const cleanups: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function twoClients(readerLimits: { maxUnreadBytes?: number; maxBacklog?: number }) {
  const relay = makeRelay({ listen: [] })
  const served = await wsHost.serve(relay)
  const { url } = served
  if (url === undefined) throw new Error('the host has no URL')
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const reader = await connect(url, { WebSocket, limits: readerLimits })
  const sender = await connect(url, { WebSocket })
  cleanups.push(
    () => reader.close(),
    () => sender.close(),
  )
  return { reader, sender }
}

test('a sender whose bytes are not read gets a reset, not an end of stream', async () => {
  const { reader, sender } = await twoClients({ maxUnreadBytes: 100_000 })
  const listener = await reader.listen('/x/slow', { frames: false })
  const sending = await sender.dial(reader.peer, '/x/slow', { frames: false })
  const { value: unread } = await listener[Symbol.asyncIterator]().next()
  for (let sent = 0; sent < 10; sent++) sending.send(new Uint8Array(50_000))
  expect(await sending.closed).toEqual({ reason: 'the other side reset the stream', clean: false })
  expect((await unread?.closed)?.reason).toContain('it was not read')
})

test('a peer whose connection does not fit the backlog gets a reset, not an end of stream', async () => {
  const { reader, sender } = await twoClients({ maxBacklog: 1 })
  await reader.listen('/x/full')
  const taken = await sender.dial(reader.peer, '/x/full')
  const refused = await sender.dial(reader.peer, '/x/full')
  expect(await refused.closed).toEqual({ reason: 'the other side reset the stream', clean: false })
  taken.close()
  await until('the end', async () => (await taken.closed).clean)
})
