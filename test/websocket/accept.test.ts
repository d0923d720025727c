import { afterEach, expect, test } from 'vitest'
import type { AcceptWebSocketOptions, WebSocketHandlers } from '../../src/websocket/index.ts'
import { MESSAGE_OVERHEAD_BYTES } from '../../src/websocket/index.ts'
import { until } from '../support/until.ts'
import type { RawPage } from './raw-page.ts'
import { bytes, OPEN, startRawPage } from './raw-page.ts'

const pages: RawPage[] = []

function start(options?: AcceptWebSocketOptions, handlers?: Partial<WebSocketHandlers>): RawPage {
  const page = startRawPage(options, handlers)
  pages.push(page)
  return page
}

async function startOpen(
  options?: AcceptWebSocketOptions,
  handlers?: Partial<WebSocketHandlers>,
): Promise<RawPage> {
  const page = start(options, handlers)
  page.say(OPEN)
  await page.told('accept')
  return page
}

afterEach(() => {
  for (const page of pages.splice(0)) {
    page.socket.drop()
    page.end()
  }
})

test('a request has its URL and protocols, and accept answers with a protocol and the window', async () => {
  const page = start({ windowBytes: 777 })
  expect(page.socket.request).toBeUndefined()
  page.say(OPEN)
  await page.told('accept')
  expect(page.calls).toEqual(['open ws://host/a x'])
  expect(page.socket.request).toEqual({ url: 'ws://host/a', protocols: ['x'] })
  expect(page.got).toEqual([{ type: 'accept', protocol: 'x', windowBytes: 777 }])
})

test('refuse informs the page, and no handler is called after it', async () => {
  const page: RawPage = start({}, { open: () => page.socket.refuse() })
  page.say(OPEN)
  await page.told('refuse')
  page.say({ type: 'close', reason: '' })
  page.socket.drop()
  expect(page.socket.send('a')).toBe(true)
  expect(page.calls).toEqual(['open ws://host/a x'])
})

test('a request can be answered later, but only once', async () => {
  const page = start({}, { open: () => undefined })
  expect(() => page.socket.accept()).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  page.say(OPEN)
  await page.called('open')
  expect(() => page.socket.send('a')).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  page.socket.accept()
  expect(() => page.socket.accept()).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  expect(() => page.socket.refuse()).toThrow(expect.objectContaining({ name: 'InvalidStateError' }))
  await page.told('accept')
})

test('if a page gives up before the answer, the socket closes and the answer does nothing', async () => {
  const page = start({}, { open: () => undefined })
  page.say(OPEN)
  page.say({ type: 'abandon' })
  await page.called('closed')
  page.socket.accept()
  page.socket.refuse()
  expect(page.calls).toEqual(['open ws://host/a x', 'closed 1006  false'])
  expect(page.got).toEqual([])
})

test('messages arrive in order, as text and as bytes, and their credit is returned', async () => {
  const page = await startOpen()
  page.say({ type: 'text', data: new TextEncoder().encode('é').buffer })
  page.say({ type: 'binary', data: bytes(1, 2) })
  page.say({ type: 'text', data: bytes() })
  page.say({ type: 'text', data: bytes(0xef, 0xbb, 0xbf, 0xff) })
  await until('four messages back', () => page.credited === 4)
  expect(page.calls.slice(1)).toEqual(['text é', 'binary 1 2', 'text ', 'text \ufeff\ufffd'])
})

test('the credit of handled messages is returned with the next message to the page', async () => {
  const page: RawPage = await startOpen({}, { message: () => void page.socket.send('an answer') })
  page.say({ type: 'binary', data: bytes(1, 2) })
  page.say({ type: 'binary', data: bytes(3) })
  await until('two answers', () => page.got.filter(({ type }) => type === 'text').length === 2)
  const [, first, second] = page.got
  expect(first).toMatchObject({ type: 'text', credit: { bytes: 2, messages: 1 } })
  expect(second).toMatchObject({ type: 'text', credit: { bytes: 1, messages: 1 } })
})

test('credit on a message from the page is counted before the message', async () => {
  const amounts: number[] = []
  const page: RawPage = await startOpen({}, { message: () => void amounts.push(page.socket.bufferedAmount) })
  page.socket.send('abc')
  await page.told('text')
  page.say({ type: 'binary', data: bytes(1), credit: { bytes: 3, messages: 1 } })
  await page.called('binary 1')
  expect(amounts).toEqual([0])
  page.say({ type: 'binary', data: bytes(2), credit: { bytes: 1, messages: 1 } })
  await until('the message to be counted', () => page.socket.counters.malformedMessages === 1)
  expect(page.calls).not.toContain('binary 2')
})

test('a message whose handler is still running gets its credit back when the handler is done', async () => {
  const done: (() => void)[] = []
  const page = await startOpen({}, { message: () => new Promise<void>((resolve) => done.push(resolve)) })
  page.say({ type: 'binary', data: bytes(1) })
  page.say({ type: 'binary', data: bytes(2) })
  await page.called('binary 2')
  expect(page.credited).toBe(0)
  done[1]?.()
  await until("the second message's credit", () => page.credited === 1)
  done[0]?.()
  await until("the first message's credit", () => page.credited === 2)
})

test('a paused socket delivers nothing; on resume it delivers everything in order, and the close last', async () => {
  const page = await startOpen()
  page.socket.pause()
  page.say({ type: 'binary', data: bytes(1) })
  page.say({ type: 'binary', data: bytes(2) })
  page.say({ type: 'close', code: 4000, reason: 'bye' })
  // Credit beyond what was sent is counted as an error: by then everything before it has arrived.
  page.say({ type: 'credit', bytes: 1, messages: 1 })
  await until('the last message', () => page.socket.counters.malformedMessages === 1)
  expect(page.calls.length).toBe(1)
  page.socket.resume()
  expect(page.calls.slice(1)).toEqual(['binary 1', 'binary 2', 'closed 4000 bye true'])
  await page.told('close')
  expect(page.got.at(-1)).toEqual({ type: 'close', code: 4000, reason: 'bye' })
})

test('a handler that pauses holds back the messages behind it', async () => {
  const page: RawPage = await startOpen({}, { message: () => page.socket.pause() })
  for (const byte of [1, 2, 3]) page.say({ type: 'binary', data: bytes(byte) })
  page.say({ type: 'credit', bytes: 1, messages: 1 })
  await until('the last message', () => page.socket.counters.malformedMessages === 1)
  expect(page.calls.slice(1)).toEqual(['binary 1'])
  page.socket.resume()
  expect(page.calls.slice(1)).toEqual(['binary 1', 'binary 2'])
  page.socket.resume()
  expect(page.calls.slice(1)).toEqual(['binary 1', 'binary 2', 'binary 3'])
})

test('send posts while there is credit and queues the rest; drain reports when there is room', async () => {
  const page = await startOpen()
  const { socket } = page
  // The page's window is 1000 bytes; one message may exceed it.
  expect(socket.send(new Uint8Array(900))).toBe(true)
  expect(socket.send(new Uint8Array(5000))).toBe(false)
  expect(socket.send('é')).toBe(false)
  expect(socket.bufferedAmount).toBe(5902)
  await page.told('binary')
  page.say({ type: 'credit', bytes: 900, messages: 1 })
  await until('the second message', () => page.got.length === 3)
  expect(socket.bufferedAmount).toBe(5002)
  expect(page.calls).not.toContain('drain')
  page.say({ type: 'credit', bytes: 5000, messages: 1 })
  await page.called('drain')
  await page.told('text')
  expect(page.calls.filter((call) => call === 'drain').length).toBe(1)
  page.say({ type: 'credit', bytes: 2, messages: 1 })
  await until('nothing buffered', () => socket.bufferedAmount === 0)
})

test('a buffer that is sent whole is transferred, a part of one is copied', async () => {
  const page = await startOpen()
  const whole = new Uint8Array([1, 2, 3])
  const part = new Uint8Array([1, 2, 3]).subarray(1)
  page.socket.send(whole)
  page.socket.send(part)
  await until('both messages', () => page.got.length === 3)
  expect([whole.byteLength, part.byteLength]).toEqual([0, 2])
  const received = page.got
    .slice(1)
    .map((message) => ('data' in message ? Array.from(new Uint8Array(message.data)) : []))
  expect(received).toEqual([
    [1, 2, 3],
    [2, 3],
  ])
})

test('close goes behind messages that wait for credit, and its answer ends the socket cleanly', async () => {
  const page = await startOpen()
  page.socket.send(new Uint8Array(2000))
  page.socket.send('last')
  page.socket.close(4001, 'enough')
  expect(page.socket.send('more')).toBe(true)
  await page.told('binary')
  expect(page.got.some(({ type }) => type === 'close')).toBe(false)
  page.say({ type: 'credit', bytes: 2000, messages: 1 })
  await page.told('close')
  expect(page.got.map(({ type }) => type)).toEqual(['accept', 'binary', 'text', 'close'])
  page.say({ type: 'binary', data: bytes(1) })
  page.say({ type: 'close', code: 4001, reason: 'enough' })
  await page.called('closed')
  expect(page.calls.slice(1)).toEqual(['closed 4001 enough true'])
})

test('close before the answer is a refusal', async () => {
  const page: RawPage = start({}, { open: () => page.socket.close(1000) })
  page.say(OPEN)
  await page.told('refuse')
})

test.each([
  [1004, '', 'InvalidAccessError'],
  [1005, '', 'InvalidAccessError'],
  [1006, '', 'InvalidAccessError'],
  [999, '', 'InvalidAccessError'],
  [2000, '', 'InvalidAccessError'],
  [5000, '', 'InvalidAccessError'],
  [1000, 'é'.repeat(62), 'SyntaxError'],
])('close(%i, %j) throws %s', async (code, reason, name) => {
  const page = await startOpen()
  expect(() => page.socket.close(code, reason)).toThrow(expect.objectContaining({ name }))
})

test("a page that doesn't answer a close is dropped after the timeout", async () => {
  const page = await startOpen({ closeTimeoutMs: 1 })
  page.socket.close()
  await page.called('closed')
  await page.told('drop')
  expect(page.calls.slice(1)).toEqual(['closed 1006  false'])
})

test('drop ends the socket immediately, and no handler is called after it', async () => {
  const page = await startOpen()
  page.say({ type: 'binary', data: bytes(1) })
  page.socket.drop()
  page.socket.drop()
  page.socket.close(1000)
  expect(page.socket.send('a')).toBe(true)
  await page.told('drop')
  expect(page.calls.slice(1)).toEqual(['closed 1006  false'])
  expect(page.socket.bufferedAmount).toBe(0)
})

test('a page that sends without credit is dropped and counted', async () => {
  const page = await startOpen({ windowBytes: 1000 }, { message: () => new Promise<void>(() => undefined) })
  page.say({ type: 'binary', data: new ArrayBuffer(900) })
  page.say({ type: 'binary', data: new ArrayBuffer(5000) })
  await page.told('drop')
  expect(page.socket.counters.windowViolations).toBe(1)
  expect(page.calls.at(-1)).toBe('closed 1006  false')
})

test('a message larger than the window passes if there is credit', async () => {
  const page = await startOpen({ windowBytes: 10 })
  page.say({ type: 'binary', data: new ArrayBuffer(5000) })
  await until('it back', () => page.credited === 1)
  page.say({ type: 'binary', data: new ArrayBuffer(5000) })
  await until('the second back', () => page.credited === 2)
  expect(page.socket.counters.windowViolations).toBe(0)
})

test('a flood of empty messages uses up the window', async () => {
  const page = await startOpen({ windowBytes: 10 * MESSAGE_OVERHEAD_BYTES })
  page.socket.pause()
  for (let number = 0; number < 11; number++) page.say({ type: 'binary', data: bytes() })
  await page.called('closed')
  expect(page.socket.counters.windowViolations).toBe(1)
})

test('a message before the socket is open is ignored', async () => {
  const page = start({}, { open: () => undefined })
  page.say({ type: 'binary', data: bytes(1) })
  page.say({ type: 'close', reason: '' })
  page.say({ type: 'abandon' })
  page.say(OPEN)
  await page.called('open')
  expect(page.socket.counters.malformedMessages).toBe(3)
})

test('a message over the limit closes with 1009, after the messages before it', async () => {
  const page = await startOpen({ maxMessageBytes: 100 })
  page.socket.pause()
  page.say({ type: 'binary', data: bytes(1) })
  page.say({ type: 'binary', data: new ArrayBuffer(101) })
  page.say({ type: 'binary', data: bytes(2) })
  page.say({ type: 'credit', bytes: 1, messages: 1 })
  await until('the last message', () => page.socket.counters.malformedMessages === 1)
  page.socket.resume()
  await page.told('close')
  expect(page.got.at(-1)).toMatchObject({ type: 'close', code: 1009 })
  expect(page.calls.slice(1)).toEqual(['binary 1'])
  expect(page.socket.counters.oversizedMessages).toBe(1)
})

test('malformed messages are counted, and the socket continues', async () => {
  const page = await startOpen()
  const nonsense = [null, 5, 'close', [], {}, { type: 'text', data: 'a' }, { type: 'credit', bytes: 1 }, OPEN]
  for (const message of nonsense) page.sayAnything(message)
  page.say({ type: 'credit', bytes: 1, messages: 1 })
  page.say({ type: 'binary', data: bytes(7) })
  await page.called('binary 7')
  expect(page.socket.counters.malformedMessages).toBe(nonsense.length + 1)
})

test("if both ends close at once, each learns the other's code", async () => {
  const page = await startOpen()
  page.say({ type: 'close', code: 4020, reason: 'theirs' })
  page.socket.close(4010, 'ours')
  await page.called('closed')
  await page.told('close')
  expect(page.calls.at(-1)).toBe('closed 4020 theirs true')
  expect(page.got.filter(({ type }) => type === 'close')).toEqual([
    { type: 'close', code: 4010, reason: 'ours' },
  ])
})
