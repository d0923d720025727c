import '../support/polyfill.ts'
import { describe, expect, test } from 'vitest'
import type { Room } from '../../src/room/index.ts'
import { until } from '../support/until.ts'
import { RoomLab, logOf, messagesOf } from './room-lab.ts'

const lab = new RoomLab()

/** Two pages of one peer in a room, and each as the other one sees it. */
async function pair(limits = {}) {
  const peer = await lab.peer()
  const ada = await lab.join<unknown, string>(peer, 'tea', { state: 'Ada', limits })
  const bob = await lab.join<unknown, string>(peer, 'tea', { state: 'Bob', limits })
  await until('both to see each other', () => ada.members.size === 1 && bob.members.size === 1)
  return { ada, bob, toBob: only(ada), toAda: only(bob) }
}

function only(room: Room<unknown, string>) {
  const [member] = room.members.values()
  if (member === undefined) throw new Error('nobody is there')
  return member
}

describe('a request', () => {
  test('gets the answer of the handler, in JSON, bytes or nothing', async () => {
    const { ada, bob, toBob, toAda } = await pair()
    bob.handle('sum', (numbers) => (numbers as number[]).reduce((sum, number) => sum + number))
    bob.handle('reversed', (bytes) => (bytes as Uint8Array).toReversed())
    bob.handle('who', async (_, { member }) => (member === toAda ? undefined : 'a stranger'))
    expect(await ada.request(toBob, 'sum', [3, 4])).toBe(7)
    expect(await ada.request(toBob, 'reversed', Uint8Array.of(1, 2, 3))).toEqual(Uint8Array.of(3, 2, 1))
    expect(await ada.request(toBob, 'who')).toBeUndefined()
  })

  test('fails with what the handler throws, without a handler, and when its member leaves', async () => {
    const { ada, bob, toBob } = await pair()
    bob.handle('fail', () => {
      throw new Error('no tea left')
    })
    bob.handle('never', async () => await new Promise(() => undefined))
    await expect(ada.request(toBob, 'fail')).rejects.toMatchObject({
      code: 'ERR_REQUEST_FAILED',
      message: 'no tea left',
    })
    await expect(ada.request(toBob, 'nothing')).rejects.toMatchObject({ code: 'ERR_NO_HANDLER' })
    bob.handle('fail', undefined)
    await expect(ada.request(toBob, 'fail')).rejects.toMatchObject({ code: 'ERR_NO_HANDLER' })
    const waiting = ada.request(toBob, 'never')
    bob.leave()
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_MEMBER_LEFT' })
    await expect(ada.request(toBob, 'never')).rejects.toMatchObject({ code: 'ERR_MEMBER_LEFT' })
    await expect(bob.request(toBob, 'never')).rejects.toMatchObject({ code: 'ERR_ROOM_LEFT' })
  })

  test('ends with its signal or its time, and the handler is told', async () => {
    const { ada, bob, toBob } = await pair()
    let aborted = 0
    bob.handle('slow', async (_, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      aborted += 1
    })
    const controller = new AbortController()
    const waiting = ada.request(toBob, 'slow', undefined, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    const late = ada.request(toBob, 'slow', undefined, { timeoutMs: 50 })
    await expect(late).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    await until('the handlers to be told', () => aborted === 2)
  })

  test('is refused beyond the limits of both sides', async () => {
    const { ada, bob, toBob } = await pair({ maxRequests: 3, maxRequestsPerMember: 2 })
    bob.handle('never', async () => await new Promise(() => undefined))
    const waiting = [ada.request(toBob, 'never'), ada.request(toBob, 'never')]
    await expect(ada.request(toBob, 'never')).rejects.toMatchObject({ code: 'ERR_TOO_MANY_REQUESTS' })
    waiting.push(ada.request(toBob, 'never'))
    await expect(ada.request(toBob, 'never')).rejects.toThrow('3 requests already wait')
    const outcomes = Promise.allSettled(waiting)
    bob.leave()
    expect((await outcomes).every(({ status }) => status === 'rejected')).toBe(true)
  })
})

describe('what a page sends', () => {
  test('arrives whole and in order, whatever its size', async () => {
    const { ada, bob } = await pair()
    const messages = messagesOf(bob)
    const large = crypto.getRandomValues(new Uint8Array(65_536))
    const sent = [1, large, 'x'.repeat(3_000_000), null, { list: [true] }, new Uint8Array()]
    await Promise.all(sent.map(async (data) => await ada.send(data)))
    expect(messages).toEqual(sent)
  })

  test('is refused if it is too large or can’t be written as JSON', async () => {
    const { ada, toBob } = await pair({ maxMessageBytes: 100, maxStateBytes: 100 })
    const tooLarge = { code: 'ERR_MESSAGE_TOO_LARGE' }
    await expect(ada.send('x'.repeat(200))).rejects.toMatchObject(tooLarge)
    await expect(ada.request(toBob, 'x', 'x'.repeat(200))).rejects.toMatchObject(tooLarge)
    expect(() => {
      ada.state = 'x'.repeat(200)
    }).toThrow(expect.objectContaining(tooLarge))
    expect(ada.state).toBe('Ada')
    await expect(ada.send(() => undefined)).rejects.toThrow(TypeError)
  })

  test('as its state is seen by all, and only the newest counts', async () => {
    const { ada, bob, toAda } = await pair()
    const log = logOf(bob)
    for (let index = 0; index < 100; index++) ada.state = `Ada ${index}`
    await until('the newest', () => toAda.state === 'Ada 99')
    expect(log.length).toBeLessThan(100)
  })

  test('to one member or some reaches nobody else', async () => {
    const { ada, bob, toBob, toAda } = await pair()
    const messages = messagesOf(ada)
    expect(await ada.send('only you', { to: toBob })).toEqual([toBob])
    expect(await bob.send('you', { to: [toAda] })).toEqual([toAda])
    expect(messages).toEqual(['you'])
    bob.leave()
    await until('Bob to leave', () => ada.members.size === 0)
    await expect(ada.send('gone', { to: toBob })).rejects.toMatchObject({ code: 'ERR_MEMBER_LEFT' })
    expect(await ada.send('anybody?')).toEqual([])
  })
})
