import { afterEach, beforeEach, expect, test } from 'vitest'
import { ChatSession, guestName } from '../../examples/chat/session.ts'
import { connect } from '../../src/client/index.ts'
import { encodeConnectString } from '../../src/protocol/index.ts'
import { until } from '../support/until.ts'
import type { LoopbackRelay } from './loopback-relay.ts'
import { WebSocket, startLoopbackRelay } from './loopback-relay.ts'

let relay: LoopbackRelay
let controller: AbortController

beforeEach(async () => {
  relay = await startLoopbackRelay()
  controller = new AbortController()
})

afterEach(async () => {
  controller.abort()
  await relay.close()
})

function session(peer: string): ChatSession {
  return new ChatSession({
    connect: (signal) => connect(relay.url(peer), { WebSocket, signal }),
    changed: () => undefined,
    signal: controller.signal,
  })
}

async function hosting(peer = 'a'): Promise<ChatSession> {
  const host = session(peer)
  host.host('Ann')
  await until('the connect string', () => host.connectString !== '')
  return host
}

const said = (chat: ChatSession): string[] =>
  (chat.room?.transcript.lines ?? []).flatMap((line) =>
    line.kind === 'message' ? [`${line.from}: ${line.text}`] : [],
  )

async function joined(chat: ChatSession, count: number): Promise<void> {
  await until(`${count} members`, () => chat.room?.members.length === count)
}

test.each([
  ['elsewhere', 'b'],
  ['in another tab of the same browser', 'a'],
])('somebody %s joins with the connect string, and they chat', async (_, peer) => {
  const host = await hosting()
  const guest = session(peer)
  guest.join('Bob', host.connectString)
  await joined(host, 2)
  await joined(guest, 2)
  expect(guest.say('hi')).toBe(true)
  await until('the message', () => said(host).length === 1)
  host.say('hello')
  await until('the answer', () => said(guest).length === 2)
  expect(said(host)).toEqual(['Bob: hi', 'Ann: hello'])
  expect(said(guest)).toEqual(said(host))
  guest.leave()
  await joined(host, 1)
  expect(guest.phase.kind).toBe('choosing')
})

test('the connect string comes with the first address, and changes with the addresses', async () => {
  relay.identify({ addresses: [], public: false })
  const host = session('a')
  host.host('Ann')
  await until('the room', () => host.phase.kind === 'hosting')
  expect([host.connectString, host.public]).toEqual(['', false])
  relay.identify({ addresses: ['/ip4/127.0.0.1/tcp/1'] })
  await until('the connect string', () => host.connectString !== '')
  const first = host.connectString
  relay.identify({ addresses: ['/ip4/127.0.0.1/tcp/2'], public: true })
  await until('another connect string', () => host.connectString !== first)
  expect(host.public).toBe(true)
})

test('a damaged connect string, and a host who is not there, are told in words', async () => {
  const host = await hosting()
  const whole = host.connectString
  const guest = session('b')
  guest.join('Bob', whole.slice(0, 20) + whole.slice(21))
  expect(guest.problem).toMatch(/^the connect string is damaged: ./)
  expect(guest.phase.kind).toBe('choosing')
  guest.join('Bob', encodeConnectString({ peer: 'nobody', protocol: '/x/chat-A', addrs: [] }))
  expect(guest.problem).toBe('')
  await until('the refusal', () => guest.problem !== '')
  expect(guest.problem).toBe('no address is known for nobody: ask for its connect string')
  expect(guest.phase.kind).toBe('choosing')
})

test('a guest whose host left is told so, keeps what was said, and can try again', async () => {
  const host = await hosting()
  const invitation = host.connectString
  const guest = session('b')
  guest.join('Bob', invitation)
  await joined(host, 2)
  host.say('hello')
  await until('the message', () => said(guest).length === 1)
  host.leave()
  await until('the end', () => guest.room?.ended)
  expect(guest.room?.ended).toBe('The host closed the room.')
  guest.join('Bob', invitation)
  await until('the refusal', () => guest.problem !== '')
  expect(said(guest)).toEqual(['Ann: hello'])
})

test('a room outlives the loss of its relay: the invitation holds, and the guest goes on where it was', async () => {
  const host = await hosting()
  const invitation = host.connectString
  const guest = session('b')
  guest.join('Bob', invitation)
  await joined(host, 2)
  host.say('hello')
  await until('the message', () => said(guest).length === 1)
  relay.drop('a')
  await until('the end', () => guest.room?.ended)
  expect(guest.room?.ended).toMatch(/^The link to the host was lost/)
  await joined(host, 1)
  await until('the relay to be lost and found', () => {
    host.retry()
    return host.connectString === invitation
  })
  await until('the guest to be back', () => {
    if (guest.phase.kind === 'choosing' || guest.room?.ended !== undefined) guest.join('Bob', invitation)
    return host.room?.members.length === 2
  })
  await joined(guest, 2)
  host.say('again')
  await until('the next message', () => said(guest).length === 2)
  expect(said(guest)).toEqual(['Ann: hello', 'Ann: again'])
})

test('what is begun before there is a relay is done when there is one', async () => {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const late = new ChatSession({
    connect: async (signal) => {
      await opened
      return connect(relay.url('a'), { WebSocket, signal })
    },
    changed: () => undefined,
    signal: controller.signal,
  })
  late.host('Ann')
  expect(late.phase.kind).toBe('opening')
  open()
  await until('the room', () => late.phase.kind === 'hosting')
})

test('joining can be given up', async () => {
  const guest = session('b')
  guest.join('Bob', encodeConnectString({ peer: 'a', protocol: '/x/chat-A', addrs: [] }))
  expect(guest.phase.kind).toBe('joining')
  guest.leave()
  expect([guest.phase.kind, guest.problem]).toEqual(['choosing', ''])
})

test('a guest without a name gets one', () => {
  expect([guestName(() => 0), guestName(() => 0.9999)]).toEqual(['Guest 100', 'Guest 999'])
})
