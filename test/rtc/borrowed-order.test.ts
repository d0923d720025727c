import { expect, test } from 'vitest'
import { NEW_CONNECTION } from '../../src/rtc/standard/connection-state.ts'
import type { BorrowedRtc, Lender } from '../../src/rtc/index.ts'
import { createBorrowedRtc } from '../../src/rtc/index.ts'
import type { FromLender, FromPump, ToLender } from '../../src/rtc/messages/messages.ts'
import { isToLender } from '../../src/rtc/messages/to-lender-guard.ts'
import { until } from '../support/until.ts'

/** A tab that lends, played by the test. */
interface Tab {
  lender: Lender
  /** The messages it has received. */
  asked: ToLender[]
  say: (message: FromLender) => void
  /** The port of the channel that it is asked to open. */
  channelPort: () => Promise<MessagePort>
  close: () => void
}

async function startTab(borrowed: BorrowedRtc): Promise<Tab> {
  const { port1, port2 } = new MessageChannel()
  const lender = borrowed.addLender(port1)
  const asked: ToLender[] = []
  port2.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (isToLender(data)) asked.push(data)
  })
  port2.start()
  const say = (message: FromLender): void => port2.postMessage(message)
  say({ type: 'lend', version: 1 })
  await until('the tab', () => borrowed.lenderCount === 1)
  return {
    lender,
    asked,
    say,
    async channelPort() {
      const made = await until('the channel', () => asked.find((message) => message.type === 'channel'))
      if (made.type !== 'channel') throw new Error('not a channel')
      return made.port
    },
    close: () => port2.close(),
  }
}

test('the end of a channel is reported after the answers that the tab still owed, even if the pump was faster', async () => {
  const borrowed = createBorrowedRtc()
  const { asked, say, channelPort, close } = await startTab(borrowed)
  const call = async (type: string): Promise<number> => {
    const found = await until(`the call ${type}`, () =>
      asked.find((message) => message.type === 'call' && message.operation.type === type),
    )
    return found.type === 'call' ? found.call : -1
  }
  const answer = (number: number): void => {
    say({
      type: 'result',
      pc: 0,
      call: number,
      outcome: { ok: true, value: { type: 'nothing' } },
      state: NEW_CONNECTION,
    })
  }

  const pc = new borrowed.RTCPeerConnection()
  const channel = pc.createDataChannel('x')
  const told: string[] = []
  for (const type of ['open', 'message', 'closing', 'close']) {
    channel.addEventListener(type, () => told.push(`${type} ${channel.readyState}`))
  }
  const added = pc.addIceCandidate().then(() => told.push(`added ${channel.readyState}`))
  say({ type: 'created', pc: 0, state: NEW_CONNECTION })
  const owed = await call('addIceCandidate')
  const port = await channelPort()
  const messages: FromPump[] = [
    { type: 'open', id: 1 },
    { type: 'data', parts: ['last words'] },
    { type: 'closing' },
    { type: 'closed' },
  ]
  for (const message of messages) port.postMessage(message)
  const settle = await call('settle')
  expect(told).toEqual(['open open', 'message open'])
  answer(owed)
  answer(settle)
  await added
  await until('the end of the channel', () => channel.readyState === 'closed')
  expect(told).toEqual(['open open', 'message open', 'added open', 'closing closing', 'close closed'])
  expect(borrowed.ignored).toBe(0)
  port.close()
  close()
})

test('a lost connection is reported after its channels have delivered what they received and why they ended', async () => {
  const borrowed = createBorrowedRtc()
  const { lender, say, channelPort, close } = await startTab(borrowed)
  const pc = new borrowed.RTCPeerConnection()
  const channel = pc.createDataChannel('x')
  const told: string[] = []
  channel.onmessage = ({ data }) => {
    // The tab goes while most of the received messages are still queued.
    if (told.push(String(data)) === 1) lender.remove('gone')
  }
  channel.onerror = ({ error }) => told.push(`error: ${error.message}`)
  channel.onclose = () => told.push('close')
  pc.onconnectionstatechange = () => told.push(`connection ${pc.connectionState}`)
  say({ type: 'created', pc: 0, state: NEW_CONNECTION })
  const port = await channelPort()
  const messages: FromPump[] = [
    { type: 'open', id: 1 },
    { type: 'data', parts: ['one', 'two', 'three'] },
  ]
  for (const message of messages) port.postMessage(message)
  await until('the end of the connection', () => told.includes('connection closed'))
  expect(told).toEqual(['one', 'two', 'three', 'error: gone', 'close', 'connection closed'])
  port.close()
  close()
})

test('a channel whose tab has gone gives that reason even if the pump reports the end first; until then it accepts data', async () => {
  const borrowed = createBorrowedRtc()
  const { lender, asked, say, channelPort, close } = await startTab(borrowed)
  const pc = new borrowed.RTCPeerConnection()
  const channel = pc.createDataChannel('x')
  const told: string[] = []
  channel.onerror = ({ error }) => told.push(`error ${channel.readyState}: ${error.message}`)
  channel.onclosing = () => told.push('closing')
  channel.onclose = () => told.push('close')
  say({ type: 'created', pc: 0, state: NEW_CONNECTION })
  const port = await channelPort()
  const messages: FromPump[] = [{ type: 'open', id: 1 }, { type: 'closing' }, { type: 'closed' }]
  for (const message of messages) port.postMessage(message)
  // The borrower first asks whether there are other messages to deliver.
  await until('the question', () =>
    asked.find((message) => message.type === 'call' && message.operation.type === 'settle'),
  )
  lender.remove('gone')
  // Sending now must not throw a bare exception shortly before an event gives the real reason.
  channel.send('x')
  expect(told).toEqual([])
  await until('the end of the channel', () => channel.readyState === 'closed')
  expect(told).toEqual(['error closing: gone', 'close'])
  port.close()
  close()
})

test("the loss of the last tab is reported after that of its connections, so a shutdown doesn't end them with another reason", async () => {
  const borrowed = createBorrowedRtc()
  const { lender, say, close } = await startTab(borrowed)
  const told: string[] = []
  const pc = new borrowed.RTCPeerConnection()
  const channel = pc.createDataChannel('x')
  channel.onerror = ({ error }) => told.push(`error: ${error.message}`)
  pc.onconnectionstatechange = () => told.push(`connection ${pc.connectionState}`)
  borrowed.onlenderschange = () => told.push(`${borrowed.lenderCount} tabs`)
  say({ type: 'created', pc: 0, state: NEW_CONNECTION })
  say({ type: 'event', pc: 0, event: { type: 'negotiationneeded' }, state: NEW_CONNECTION })
  await new Promise((resolve) => {
    pc.onnegotiationneeded = resolve
  })
  lender.remove('gone')
  expect(borrowed.lenderCount).toBe(0)
  await until("the tab's loss", () => told.includes('0 tabs'))
  expect(told).toEqual(['error: gone', 'connection closed', '0 tabs'])
  close()
})

test('a connection that is closed in a handler reports nothing more of its channel than the close', async () => {
  const borrowed = createBorrowedRtc()
  const { say, channelPort, close } = await startTab(borrowed)
  const pc = new borrowed.RTCPeerConnection()
  const channel = pc.createDataChannel('x')
  const told: string[] = []
  channel.onmessage = ({ data }) => {
    told.push(String(data))
    pc.close()
  }
  channel.onerror = () => told.push('error')
  channel.onclose = () => told.push('close')
  const opened = new Promise((resolve) => {
    channel.onopen = resolve
  })
  say({ type: 'created', pc: 0, state: NEW_CONNECTION })
  const port = await channelPort()
  port.postMessage({ type: 'open', id: 1 } satisfies FromPump)
  await opened
  const messages: FromPump[] = [
    { type: 'data', parts: ['one', 'two'] },
    { type: 'data', parts: ['three'] },
    { type: 'error', error: { kind: 'other', message: 'too late' } },
  ]
  for (const message of messages) port.postMessage(message)
  await until('the end of the channel', () => told.includes('close'))
  // Whatever was still in the port would have arrived by now.
  for (let count = 0; count < 20; count++) await new Promise((resolve) => setImmediate(resolve))
  expect(told).toEqual(['one', 'close'])
  port.close()
  close()
})

test.each([
  {
    options: {},
    orders: [
      ['one', 'after one', 'two', 'after two', 'three', 'after three'],
      ['four', 'after four', 'five', 'after five'],
    ],
  },
  {
    options: { messagesPerTask: 2 },
    orders: [
      ['one', 'two', 'after one', 'after two', 'three', 'after three'],
      ['four', 'five', 'after four', 'after five'],
    ],
  },
])(
  'as many messages are delivered in one task as were asked for, one unchanged: %o',
  async ({ options, orders }) => {
    const borrowed = createBorrowedRtc(options)
    const { say, channelPort, close } = await startTab(borrowed)
    const channel = new borrowed.RTCPeerConnection().createDataChannel('x')
    const told: string[] = []
    channel.onmessage = ({ data }) => {
      told.push(String(data))
      queueMicrotask(() => told.push(`after ${String(data)}`))
    }
    say({ type: 'created', pc: 0, state: NEW_CONNECTION })
    const port = await channelPort()
    port.postMessage({ type: 'open', id: 1 } satisfies FromPump)
    for (const order of orders) {
      const parts = order.filter((word) => !word.startsWith('after'))
      port.postMessage({ type: 'data', parts } satisfies FromPump)
      await until('the last message', () => told.length === order.length)
      expect(told.splice(0)).toEqual(order)
    }
    port.close()
    close()
  },
)
