import '../support/polyfill.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import type { TestRoom } from './room-lab.ts'
import { RoomLab, logOf, messagesOf } from './room-lab.ts'

const lab = new RoomLab()

/** Two peers with a member each. */
async function pair(options: Parameters<RoomLab['peer']>[0] = {}, name = 'tea') {
  const peers = [await lab.peer(options), await lab.peer(options)] as const
  const ada = await lab.join(peers[0], name, { state: 'Ada' })
  const bob = await lab.join(peers[1], name, { state: 'Bob', others: [peers[0]] })
  await together(ada, bob)
  return { peers, ada, bob }
}

async function together(...rooms: TestRoom[]): Promise<void> {
  await until('all to see each other', () => rooms.every(({ members }) => members.size === rooms.length - 1))
}

describe('a link that is lost', () => {
  test('shows as interrupted, and loses no message', async () => {
    const { peers, ada, bob } = await pair()
    const [log, messages] = [logOf(ada), messagesOf(bob)]
    const [seen] = ada.members.values()
    peers[0].proxy.reset()
    const sent = [ada.send(1), ada.send(2)]
    await until('the interruption', () => seen?.link === 'interrupted')
    peers[0].proxy.restore()
    await Promise.all(sent)
    expect(messages).toEqual([1, 2])
    expect(log.filter((entry) => entry !== 'link')).toEqual([])
  })

  test('without lasting streams, is dialled again, and loses no message either', async () => {
    const { peers, ada, bob } = await pair({ bounds: { lasting: false } })
    const messages = messagesOf(bob)
    const sent: Promise<unknown>[] = []
    for (let round = 0; round < 5; round++) {
      for (let index = 0; index < 20; index++) sent.push(ada.send(round * 20 + index))
      peers[0].proxy.reset()
      peers[0].proxy.restore()
      await until('the members to be connected', () => [...bob.members.values()][0]?.link === 'direct')
    }
    await Promise.all(sent)
    expect(messages).toEqual(Array.from({ length: 100 }, (_, index) => index))
  })
})

describe('leaving', () => {
  test('is seen at once when a page is gone without a word', async () => {
    const { peers, ada } = await pair()
    const client = await lab.client(peers[1])
    const guest = await lab.join(peers[1], 'tea', { client, state: 'Guest' })
    await until('the guest', () => ada.members.has(guest.id))
    const log = logOf(ada)
    client.close()
    await until('the guest to leave', () => log.includes('leave'))
    expect(ada.members.size).toBe(1)
  })

  test('happens after a bounded time when a machine is gone', async () => {
    const peers = [await lab.peer(), await lab.peer()] as const
    const ada = await lab.join(peers[0], 'tea', { limits: { goneMs: 500 } })
    const bob = await lab.join(peers[1], 'tea', { others: [peers[0]] })
    await together(ada, bob)
    const log = logOf(ada)
    await peers[1].stop()
    await until('Bob to leave', () => log.includes('leave'))
    expect(ada.members.size).toBe(0)
  })

  test('lets another page of the peer take the door over', async () => {
    const peers = [await lab.peer(), await lab.peer()] as const
    const first = await lab.join(peers[0], 'tea')
    const second = await lab.join(peers[0], 'tea')
    await together(first, second)
    first.leave()
    await until('the first to leave', () => second.members.size === 0)
    const guest = await lab.join(peers[1], 'tea', { others: [peers[0]] })
    await together(second, guest)
  })
})

test('two halves that were cut from each other find together again', async () => {
  const limits = { goneMs: 300 }
  let isHidden = false
  const announceFilter = (addresses: Multiaddr[]): Multiaddr[] => (isHidden ? [] : addresses)
  const options = { bounds: { lasting: { resumeTimeoutMs: 300 } }, announceFilter }
  const peers = [await lab.peer(options), await lab.peer(options)] as const
  // Otherwise they learn each other's own addresses, and can meet again without the proxies.
  isHidden = true
  const rooms = [await lab.join(peers[0], 'tea', { limits }), await lab.join(peers[0], 'tea', { limits })]
  rooms.push(await lab.join(peers[1], 'tea', { limits, others: [peers[0]] }))
  rooms.push(await lab.join(peers[1], 'tea', { limits, others: [peers[0]] }))
  await together(...rooms)
  for (const { proxy } of peers) proxy.reset()
  await until('the halves', () => rooms.every(({ members }) => members.size === 1))
  for (const { proxy } of peers) proxy.restore()
  await together(...rooms)
})

test('a room of its own client outlives the loss of that client', async () => {
  const { peers, ada, bob } = await pair()
  const guest = await lab.join(peers[1], 'tea')
  await together(ada, bob, guest)
  const messages = messagesOf(guest)
  const { client } = guest
  client?.close()
  await until('another client', () => guest.client !== undefined && guest.client !== client)
  await together(ada, bob, guest)
  await ada.send('still here')
  expect(messages).toEqual(['still here'])
})
