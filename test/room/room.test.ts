import '../support/polyfill.ts'
import { describe, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { RoomLab, logOf, messagesOf } from './room-lab.ts'

const lab = new RoomLab()

describe('two pages of one peer', () => {
  test('meet by name alone, without a network', async () => {
    const peer = await lab.peer({ listen: ['/ip4/127.0.0.1/tcp/0'] })
    const ada = await lab.join(peer, 'tea', { state: { name: 'Ada' } })
    const bob = await lab.join(peer, 'tea', { state: { name: 'Bob' } })
    await until('both to see each other', () => ada.members.size === 1 && bob.members.size === 1)
    const [seen] = ada.members.values()
    expect(seen).toMatchObject({ id: bob.id, peer: peer.id, state: { name: 'Bob' }, link: 'local' })
    const messages = messagesOf(bob)
    expect(await ada.send({ text: 'hello' })).toEqual([seen])
    expect(messages).toEqual([{ text: 'hello' }])
    const log = logOf(ada)
    bob.leave()
    await until('Bob to leave', () => log.includes('leave'))
    expect(log).toEqual(['leave'])
  })
})

describe('pages of several peers', () => {
  test('meet through an address, and introduce each other', async () => {
    const peers = [await lab.peer(), await lab.peer(), await lab.peer()]
    const [first, ...others] = peers
    if (first === undefined) throw new Error('no peer')
    const rooms = [await lab.join(first, 'tea'), await lab.join(first, 'tea')]
    for (const peer of others) rooms.push(await lab.join(peer, 'tea', { others: [first] }))
    await until('all to see each other', () => rooms.every(({ members }) => members.size === 3))
    const received = rooms.map(messagesOf)
    await Promise.all(rooms.map((room, index) => room.send(index)))
    expect(received.map((messages) => messages.map(Number).sort((a, b) => a - b))).toEqual([
      [1, 2, 3],
      [0, 2, 3],
      [0, 1, 3],
      [0, 1, 2],
    ])
  })
})
