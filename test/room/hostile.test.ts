import '../support/polyfill.ts'
import { describe, expect, test } from 'vitest'
import type { Frame } from '../../src/room/frames.ts'
import { PartKind, Refusal, encodeFrame, joined, u32 } from '../../src/room/frames.ts'
import { Gate } from '../../src/room/gate.ts'
import {
  DEFAULT_ROOM_LIMITS,
  MAX_BANS_PER_PEER,
  MAX_JOINS_PER_PEER,
  MAX_NAME_BYTES,
  PART_BYTES,
} from '../../src/room/limits.ts'
import { deriveKeys } from '../../src/room/room-keys.ts'
import { encodeValue } from '../../src/room/values.ts'
import { until } from '../support/until.ts'
import type { LabPeer, TestRoom } from './room-lab.ts'
import { RawMember, RoomLab, logOf, messagesOf, randomPage } from './room-lab.ts'

const lab = new RoomLab()
const BYTES = new Uint8Array(PART_BYTES)

/** A room with two honest members, and a peer that others use against it. */
async function scene(options: Parameters<RoomLab['join']>[2] = {}) {
  const peers = [await lab.peer(), await lab.peer()] as const
  const ada = await lab.join(peers[0], 'tea', { state: 'Ada', ...options })
  const bob = await lab.join(peers[0], 'tea', { state: 'Bob', ...options })
  await until('both to see each other', () => ada.members.size === 1 && bob.members.size === 1)
  const client = await lab.client(peers[1])
  return { peers, ada, bob, client, enter: async (page?: string) => await enter(ada, client, peers[0], page) }
}

/** Plays one more member, which is seen to join. */
async function enter(
  room: TestRoom,
  client: Awaited<ReturnType<RoomLab['client']>>,
  at: LabPeer,
  page?: string,
) {
  const raw = await lab.raw(client, at, 'tea', page)
  await raw.enter()
  const id = `${client.peer}/${raw.page}`
  await until('it to join', () => room.members.has(id))
  return { raw, id }
}

/** The honest members can still talk to each other. */
async function expectUndisturbed(ada: TestRoom, bob: TestRoom): Promise<void> {
  const messages = messagesOf(bob)
  const receivers = await ada.send('undisturbed')
  expect(receivers.map(({ id }) => id)).toContain(bob.id)
  expect(messages).toEqual(['undisturbed'])
}

const part = (fields: Partial<Extract<Frame, { type: 'part' }>>): Uint8Array =>
  encodeFrame({ type: 'part', kind: PartKind.message, isLast: true, seq: 1, body: encodeValue(1), ...fields })

describe('a member that breaks the protocol is removed and kept out, and nobody else is disturbed:', () => {
  test.each<[string, Uint8Array]>([
    ['an empty frame', new Uint8Array()],
    ['a part from the future', part({ seq: 7 })],
    ['a part that is too small to have others after it', part({ isLast: false })],
    ['a value in no format', part({ body: Uint8Array.of(9) })],
    ['a message that is no JSON', part({ body: Uint8Array.of(0, 0x7b) })],
    ['a message that is no UTF-8', part({ body: Uint8Array.of(0, 0x22, 0xff, 0x22) })],
    ['a request without a number', part({ kind: PartKind.request, body: Uint8Array.of(1) })],
    [
      'a request whose name is too long',
      part({
        kind: PartKind.request,
        body: joined(u32(1), [4, 1], BYTES.subarray(0, MAX_NAME_BYTES + 1), encodeValue(1)),
      }),
    ],
    ['a state that is too large', part({ kind: PartKind.state, body: joined([1], BYTES.subarray(1)) })],
    ['an acknowledgement of what was not sent', encodeFrame({ type: 'ack', received: 1_000 })],
    ['an acknowledgement of no number', joined([5], new Uint8Array(8).fill(255))],
    ['a second beginning', encodeFrame({ type: 'session', own: 1, known: 0, received: 0 })],
    ['a second handshake', encodeFrame({ type: 'hello', version: 1, nonce: new Uint8Array(16) })],
    ['an introduction that is no list', joined([4], new TextEncoder().encode('{"a":1}'))],
    ['an introduction of a page without an ID', joined([4], new TextEncoder().encode('[["peer","",[]]]'))],
    [
      'an introduction of what is no peer',
      joined([4], new TextEncoder().encode(JSON.stringify([['peer ', randomPage(), []]]))),
    ],
    [
      'an introduction of too many',
      encodeFrame({
        type: 'members',
        members: Array.from({ length: 65 }, () => ({ peer: 'p', page: randomPage(), addresses: [] })),
      }),
    ],
  ])('%s', async (_, frame) => {
    const { ada, bob, client, peers, enter: enterRoom } = await scene({ limits: { maxStateBytes: 1_000 } })
    const { raw, id } = await enterRoom()
    const log = logOf(ada)
    raw.connection.send(frame)
    await until('it to be removed', () => log.includes('leave'))
    expect(log).toEqual(['ERR_MEMBER_REMOVED', 'leave'])
    expect((await raw.next('refused')).reason).toBe(Refusal.removed)
    await expect(lab.raw(client, peers[0], 'tea', raw.page)).rejects.toMatchObject({
      code: 'ERR_MEMBER_REMOVED',
    })
    expect(ada.members.has(id)).toBe(false)
    await expectUndisturbed(ada, bob)
  })
})

test('a message that never ends is refused at the limit', async () => {
  const { ada, bob, enter: enterRoom } = await scene({ limits: { maxMessageBytes: 4 * PART_BYTES } })
  const { raw } = await enterRoom()
  const log = logOf(ada)
  for (let seq = 1; seq < 10; seq++) {
    raw.send({ type: 'part', kind: PartKind.message, isLast: false, seq, body: BYTES })
  }
  await until('it to be removed', () => log.includes('leave'))
  await expectUndisturbed(ada, bob)
})

test('a member that floods is read slowly, and nobody waits for it', async () => {
  const { ada, bob, enter: enterRoom } = await scene({ limits: { maxFramesPerSecond: 200 } })
  const { raw } = await enterRoom()
  const messages = messagesOf(ada)
  for (let index = 0; index < 600; index++) raw.say(index)
  await until('the first of them', () => messages.length > 0)
  await bob.send('from Bob')
  expect(messages).toContain('from Bob')
  expect(messages).not.toContain(599)
  await expectUndisturbed(ada, bob)
})

test('a member that does not read slows nobody down, and is told what it missed', async () => {
  const { ada, bob, enter: enterRoom } = await scene({ limits: { maxQueuedMessages: 3 } })
  const { raw, id } = await enterRoom()
  const slow = ada.members.get(id)
  if (slow === undefined) throw new Error('it has left')
  await until('the first state', () => raw.received.some(({ type }) => type === 'part'))
  // It acknowledges nothing from now on: what may be underway fills up, then the queue.
  raw.acknowledges = false
  const large = new Uint8Array(1_000_000)
  const first = [ada.send(large, { to: slow }), ada.send(large, { to: slow }), ada.send(1, { to: slow })]
  first.push(ada.send(2, { to: slow }))
  await expect(ada.send(3, { to: slow })).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' })
  expect((await ada.send(4)).map(({ state }) => state)).toEqual(['Bob'])
  const undisturbed = messagesOf(bob)
  await ada.send(5, { to: [...ada.members.values()].filter(({ state }) => state === 'Bob') })
  expect(undisturbed).toEqual([5])
  raw.acknowledges = true
  raw.send({ type: 'ack', received: raw.received.filter(({ type }) => type === 'part').length })
  await until('the news that it missed messages', () =>
    raw.received.some((frame) => frame.type === 'part' && frame.kind === PartKind.missed),
  )
  const missed = raw.received.find((frame) => frame.type === 'part' && frame.kind === PartKind.missed)
  expect(missed).toMatchObject({ body: u32(2) })
  await Promise.all(first)
})

test('a member that asks and does not read gets only as many refusals as its queue holds', async () => {
  const { ada, bob, enter: enterRoom } = await scene({ limits: { maxQueuedMessages: 3 } })
  const { raw, id } = await enterRoom()
  const slow = [...ada.members.values()].filter((member) => member.id === id)
  await until('the first state', () => raw.received.some(({ type }) => type === 'part'))
  raw.acknowledges = false
  const large = ada.send(new Uint8Array(1_000_000), { to: slow })
  const question = joined([0, 1, 0x3f], encodeValue(1))
  for (let number = 0; number < 10; number++) raw.part(PartKind.request, joined(u32(number), question))
  await until('the questions to arrive', () =>
    raw.received.some((frame) => frame.type === 'ack' && frame.received === 11),
  )
  raw.acknowledges = true
  raw.send({ type: 'ack', received: raw.received.filter(({ type }) => type === 'part').length })
  await large
  await ada.send('after them', { to: slow })
  const refusals = raw.received.filter((frame) => frame.type === 'part' && frame.kind === PartKind.failure)
  expect(refusals).toHaveLength(3)
  await expectUndisturbed(ada, bob)
})

test('a member that acknowledges nothing leaves after a bounded time', async () => {
  const { ada, bob, enter: enterRoom } = await scene({ limits: { goneMs: 500 } })
  const { raw } = await enterRoom()
  raw.acknowledges = false
  const log = logOf(ada)
  await Promise.all([ada.send('anybody there?'), until('it to leave', () => log.includes('leave'))])
  await expectUndisturbed(ada, bob)
})

test('a state that the application does not accept is told, and changes nothing', async () => {
  const isState = (state: unknown): state is string => (state as string).charAt(0) !== ''
  const { ada, bob, enter: enterRoom } = await scene({ isState })
  const { raw, id } = await enterRoom()
  const log = logOf(ada)
  raw.part(PartKind.state, encodeValue({ admin: true }))
  await until('the error', () => log.length > 0)
  expect(log).toEqual(['ERR_INVALID_DATA'])
  expect(ada.members.get(id)?.state).toBe('Raw')
  await expectUndisturbed(ada, bob)
})

test('a peer that joins many times takes at most half of the places', async () => {
  const { ada, bob, client, peers } = await scene()
  const log = logOf(ada)
  const join = async (): Promise<void> => await (await lab.raw(client, peers[0], 'tea')).enter()
  const outcomes = await Promise.allSettled(Array.from({ length: 12 }, join))
  outcomes.push(...(await Promise.allSettled(Array.from({ length: 12 }, join))))
  const refusals = outcomes.filter(({ status }) => status === 'rejected')
  expect(refusals).toHaveLength(8)
  for (const refusal of refusals) expect(refusal).toMatchObject({ reason: { code: 'ERR_ROOM_FULL' } })
  await until('the others to join', () => ada.members.size === 17)
  expect(log.filter((entry) => entry === 'join')).toHaveLength(16)
  await expectUndisturbed(ada, bob)
})

test('a peer that joins and leaves a thousand times is let in only so often', () => {
  const gate = new Gate({ limits: DEFAULT_ROOM_LIMITS, problem: () => undefined })
  const joins = Array.from({ length: 1_000 }, () => {
    const refusal = gate.refusalOfJoin('peer')
    if (refusal === undefined) gate.joined('peer')
    return refusal
  })
  expect(joins.filter((refusal) => refusal === undefined)).toHaveLength(MAX_JOINS_PER_PEER)
  expect(gate.refusalOfJoin('another peer')).toBeUndefined()
})

test('a peer whose members break the protocol again and again is kept out as a whole', () => {
  const gate = new Gate({ limits: DEFAULT_ROOM_LIMITS, problem: () => undefined })
  for (let index = 1; index < MAX_BANS_PER_PEER; index++) gate.broke('peer', `peer/${index}`, new TypeError())
  expect(gate.isBanned('peer', 'peer/1')).toBe(true)
  expect(gate.isBanned('peer', 'peer/new')).toBe(false)
  gate.broke('peer', 'peer/last', new TypeError())
  expect(gate.isBanned('peer', 'peer/new')).toBe(true)
  expect(gate.isBanned('another peer', 'another peer/1')).toBe(false)
})

test('a member that begins anew again and again is let in only so often', async () => {
  const { ada, bob, client, peers, enter: enterRoom } = await scene()
  const { raw } = await enterRoom()
  const begin = async (): Promise<void> => {
    for (let own = 2; own < 2 * MAX_JOINS_PER_PEER; own++) {
      const again = await lab.raw(client, peers[0], 'tea', raw.page)
      again.send({ type: 'session', own, known: 0, received: 0 })
      await again.next('session')
    }
  }
  await expect(begin()).rejects.toMatchObject({ code: 'ERR_ROOM_FULL' })
  await expectUndisturbed(ada, bob)
})

test('nobody gets in with a proof of another connection, or with this page’s own', async () => {
  const { ada, bob, peers, client } = await scene()
  const { protocol } = await deriveKeys('tea', '', '')
  const proof = { type: 'proof', page: randomPage(), mac: new Uint8Array(32) } as const
  const log = logOf(ada)
  // An honest member dials a peer that only pretends to have the room, which passes on what it gets.
  const listener = await client.listen(protocol)
  const victim = lab.join(peers[0], 'tea', { others: [peers[1]] })
  const { value: dialled } = await listener[Symbol.asyncIterator]().next()
  if (dialled === undefined) throw new Error('nobody dialled')
  const honest = new RawMember(dialled, '')
  const passedOn = new RawMember(await client.dial(peers[0].target, protocol), '')
  passedOn.send(await honest.next('hello'))
  honest.send(await passedOn.next('hello'))
  passedOn.send(await honest.next('proof'))
  expect((await passedOn.next('refused')).reason).toBe(Refusal.proof)
  // The dialler's own proof, sent back to it.
  honest.send(await honest.next('proof'))
  expect(await dialled.closed).toMatchObject({ clean: true })
  // No proof at all.
  const guessing = new RawMember(await client.dial(peers[0].target, protocol), '')
  guessing.send({ type: 'hello', version: 1, nonce: new Uint8Array(16) })
  guessing.send(proof)
  expect((await guessing.next('refused')).reason).toBe(Refusal.proof)
  expect(log.filter((entry) => entry === 'ERR_WRONG_SECRET')).toHaveLength(1)
  ;(await victim).leave()
  await expectUndisturbed(ada, bob)
})

test('a member that takes the ID of another page is another member, and false addresses change nothing', async () => {
  const { ada, bob, enter: enterRoom, peers } = await scene()
  const [, page = ''] = bob.id.split('/')
  const { raw, id } = await enterRoom(page)
  expect(id).not.toBe(bob.id)
  expect(ada.members.size).toBe(2)
  raw.send({ type: 'members', members: [{ peer: peers[0].id, page, addresses: ['/ip4/127.0.0.1/tcp/1'] }] })
  const messages = messagesOf(ada)
  raw.say('I am Bob')
  await until('the message', () => messages.length > 0)
  expect(ada.members.get(bob.id)?.state).toBe('Bob')
  await expectUndisturbed(ada, bob)
})

test('a member that tells of a hundred others that do not exist delays nobody who does', async () => {
  const { ada, bob, enter: enterRoom, peers } = await scene()
  const { raw } = await enterRoom()
  for (let index = 0; index < 4; index++) {
    const members = Array.from({ length: 64 }, () => ({
      peer: peers[1].id,
      page: randomPage(),
      addresses: ['/ip4/127.0.0.1/tcp/1'],
    }))
    raw.send({ type: 'members', members })
  }
  const carol = await lab.join(await lab.peer(), 'tea', { others: [peers[0]] })
  await until('Carol to meet all', () => carol.members.has(ada.id) && carol.members.has(bob.id))
  await expectUndisturbed(ada, bob)
})

test('connections that say nothing are bounded, and keep nobody out', async () => {
  const { ada, bob, client, peers } = await scene()
  const { protocol } = await deriveKeys('tea', '', '')
  const silent = await Promise.all(Array.from({ length: 40 }, () => client.dial(peers[0].target, protocol)))
  await Promise.any(silent.map(({ closed }) => closed))
  const carol = await lab.join(await lab.peer(), 'tea', { others: [peers[0]] })
  await until('Carol to meet all', () => carol.members.has(ada.id) && carol.members.has(bob.id))
  await expectUndisturbed(ada, bob)
})
