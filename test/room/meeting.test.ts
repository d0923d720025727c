import '../support/polyfill.ts'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { encodeInvitation, decodeInvitation, joinRoom, randomRoomName } from '../../src/room/index.ts'
import { browserAddressOf, startNodePeer } from '../support/node-peer.ts'
import { until } from '../support/until.ts'
import type { LabPeer, TestRoom } from './room-lab.ts'
import { RoomLab, logOf, messagesOf } from './room-lab.ts'

const lab = new RoomLab()

async function together(...rooms: TestRoom[]): Promise<void> {
  await until('all to see each other', () => rooms.every(({ members }) => members.size === rooms.length - 1))
}

test('rooms of the same name in two scopes are two rooms, and a page that joins twice is two members', async () => {
  const peer = await lab.peer()
  const rooms = [
    await lab.join(peer, 'tea', { scope: 'https://one.example' }),
    await lab.join(peer, 'tea', { scope: 'https://one.example' }),
    await lab.join(peer, 'tea', { scope: 'https://two.example' }),
  ]
  await together(...rooms.slice(0, 2))
  expect(rooms[2]?.members.size).toBe(0)
  const client = await lab.client(peer)
  const twice = [await lab.join(peer, 'milk', { client }), await lab.join(peer, 'milk', { client })]
  await together(...twice)
})

test('a wrong secret is told to both sides, and lets nobody in', async () => {
  const peers = [await lab.peer(), await lab.peer()] as const
  const ada = await lab.join(peers[0], 'tea', { secret: 'right' })
  const log = logOf(ada)
  const wrong = lab.join(peers[1], 'tea', { secret: 'wrong', others: [peers[0]] })
  await expect(wrong).rejects.toMatchObject({ code: 'ERR_WRONG_SECRET' })
  expect(log).toEqual(['ERR_WRONG_SECRET'])
  const bob = await lab.join(peers[1], 'tea', { secret: 'right', others: [peers[0]] })
  await together(ada, bob)
})

test('a full room refuses a further member', async () => {
  const peer = await lab.peer()
  const limits = { maxMembers: 2 }
  const rooms = [await lab.join(peer, 'tea', { limits }), await lab.join(peer, 'tea', { limits })]
  await expect(lab.join(peer, 'tea')).rejects.toMatchObject({ code: 'ERR_ROOM_FULL' })
  await together(...rooms)
})

test('names and secrets that are too long are refused', async () => {
  const options = { url: 'ws://127.0.0.1:1', scope: '' }
  const refused = { code: 'ERR_INVALID_ARGUMENT' }
  await expect(joinRoom('x'.repeat(10_000), options)).rejects.toMatchObject(refused)
  await expect(joinRoom('', options)).rejects.toMatchObject(refused)
  await expect(joinRoom('tea', { ...options, secret: 'x'.repeat(10_000) })).rejects.toMatchObject(refused)
})

test('a relay that does not answer is told, and an aborted join rejects with the reason', async () => {
  await expect(lab.join({ url: 'ws://127.0.0.1:1' } as LabPeer, 'tea')).rejects.toMatchObject({
    code: 'ERR_RELAY_UNREACHABLE',
  })
  const peer = await lab.peer()
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(lab.join(peer, 'tea', { signal })).rejects.toThrow('enough')
})

test('a join that is aborted while its keys are derived opens nothing', async () => {
  const controller = new AbortController()
  let opened = 0
  class Counted extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols)
      opened += 1
    }
  }
  const peer = { url: 'ws://127.0.0.1:1' } as LabPeer
  const joining = lab.join(peer, 'tea', { signal: controller.signal, WebSocket: Counted })
  controller.abort(new Error('enough'))
  await expect(joining).rejects.toThrow('enough')
  expect(opened).toBe(0)
})

test('random names have four short words, and invitations are texts for the fragment of a URL', () => {
  expect(randomRoomName()).toMatch(/^[a-z]{5}(-[a-z]{5}){3}$/u)
  expect(new Set(Array.from({ length: 1_000 }, () => randomRoomName())).size).toBe(1_000)
  const invitation = { name: 'tea ~ & “milk”', peers: [{ peer: '12D3', addrs: ['/ip4/127.0.0.1/tcp/1'] }] }
  const text = encodeInvitation(invitation)
  expect(text).toMatch(/^[\w.!~*'()%-]+$/u)
  expect(decodeInvitation(`#${text}`)).toEqual(invitation)
  expect(encodeInvitation({ name: 'lusab-babad' })).toBe('lusab-babad')
  expect(() => decodeInvitation('tea~!')).toThrow('damaged')
})

test('an invitation with addresses leads to the room', async () => {
  const peers = [await lab.peer(), await lab.peer()] as const
  const ada = await lab.join(peers[0], 'tea')
  const text = encodeInvitation({ name: 'tea', peers: [peers[0].target] })
  const bob = await joinRoom(decodeInvitation(text), { client: await lab.client(peers[1]) })
  lab.cleanups.push(() => bob.leave())
  await together(ada, bob)
})

test('pages behind a circuit relay meet by name alone, and stay together through its restart', async () => {
  let key: string | undefined
  const keyStore = { load: async () => key, save: async (given: string) => (key ??= given) }
  const node = await startNodePeer([], {}, { keyStore })
  const address = await browserAddressOf(node)
  const network = { relays: [address], reservations: 1 }
  const peers = [await lab.peer({ network, listen: [] }), await lab.peer({ network, listen: [] })] as const
  const ada = await lab.join(peers[0], 'tea')
  const bob = await lab.join(peers[1], 'tea')
  await together(ada, bob)
  const messages = messagesOf(bob)
  await ada.send('found')
  const [seen] = ada.members.values()
  expect(seen?.link).toBe('relayed')
  const log = logOf(ada)
  await node.stop()
  await until('the interruption', () => seen?.link === 'interrupted')
  const sent = ada.send('kept')
  const listen = [(/^.*?\/ws(?=\/)/u.exec(address) ?? [''])[0]]
  const restarted = await startNodePeer([], {}, { keyStore, listen })
  lab.cleanups.push(() => restarted.stop())
  await sent
  expect(messages).toEqual(['found', 'kept'])
  expect(log.filter((entry) => entry !== 'link')).toEqual([])
})
