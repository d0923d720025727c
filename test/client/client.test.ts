import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Client, ClientError } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'
import { DEFAULT_MAX_DIAL_MS } from '../../src/client/limits.ts'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { until } from '../support/until.ts'
import type { ScriptedRelay } from './scripted-relay.ts'
import { IDENTIFY, OTHER, PEER, PROTOCOL, WebSocket, startScriptedRelay } from './scripted-relay.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const code = (code: string): ClientError =>
  expect.objectContaining({ name: 'ClientError', code }) as ClientError

let relay: ScriptedRelay
let client: Client

beforeEach(async () => {
  relay = await startScriptedRelay()
  client = await connect(relay.url, { WebSocket })
})

afterEach(async () => {
  client.close()
  await relay.close()
})

describe('the identity of the peer', () => {
  test('is known once connected', () => {
    expect([client.peer, client.addresses, client.public, client.key]).toEqual([
      PEER,
      IDENTIFY.addresses,
      false,
      IDENTIFY.key,
    ])
  })

  test('is updated, with an event, when the relay identifies the peer again', async () => {
    const changed = new Promise((resolve) => client.addEventListener('identify', resolve))
    relay.send({ ...IDENTIFY, public: true, addresses: ['/a', '/b'] })
    await changed
    expect([client.addresses, client.public]).toEqual([['/a', '/b'], true])
  })
})

describe('refresh', () => {
  test('asks the relay once for concurrent calls, and updates the addresses', async () => {
    const both = Promise.all([client.refresh(), client.refresh()])
    expect(await relay.take('start')).toEqual({ type: 'start', key: '' })
    relay.send({ ...IDENTIFY, public: true, addresses: ['/a'] })
    await both
    expect([client.addresses, client.public]).toEqual([['/a'], true])
    expect(relay.received.length).toBe(1)
    const next = client.refresh()
    await relay.take('start')
    relay.send(IDENTIFY)
    await next
    expect(client.addresses).toEqual(IDENTIFY.addresses)
  })

  test('rejects with the signal’s reason, and when the relay is lost', async () => {
    const giveUp = new AbortController()
    const first = client.refresh({ signal: giveUp.signal })
    const second = client.refresh()
    giveUp.abort(new Error('changed my mind'))
    await expect(first).rejects.toThrow('changed my mind')
    relay.socket().close()
    await expect(second).rejects.toEqual(code('ERR_RELAY_LOST'))
    await expect(client.refresh()).rejects.toEqual(code('ERR_RELAY_LOST'))
  })
})

describe('listen', () => {
  test('returns the connections that peers open, in order and with their first messages', async () => {
    const listening = client.listen(PROTOCOL, { frames: false })
    expect(await relay.take('listen')).toEqual({ type: 'listen', frames: false, protocol: PROTOCOL })
    relay.send(
      { type: 'listening', protocol: PROTOCOL },
      { type: 'listenerConnection', id: 7n, peer: OTHER, protocol: PROTOCOL },
      { type: 'data', id: 7n, data: bytes(1) },
      { type: 'connectionClosed', id: 7n, reason: 'EOF' },
      { type: 'listenerConnection', id: 8n, peer: PEER, protocol: PROTOCOL },
    )
    const seen = []
    for await (const connection of await listening) {
      seen.push(connection)
      if (seen.length === 2) break
    }
    expect(seen).toMatchObject([
      { id: 7n, peer: OTHER, protocol: PROTOCOL, direction: 'in', frames: false },
      { id: 8n, peer: PEER },
    ])
    const messages = []
    for await (const message of seen[0] ?? []) messages.push([...message])
    expect(messages).toEqual([[1]])
    expect(await seen[0]?.closed).toEqual({ reason: 'EOF', clean: true })
  })

  test('rejects when the relay refuses, and the protocol can be tried again', async () => {
    for (let attempt = 0; attempt < 2; attempt++) {
      const listening = client.listen(PROTOCOL)
      await relay.take('listen')
      relay.send({ type: 'listenRefused', protocol: PROTOCOL })
      await expect(listening).rejects.toEqual(code('ERR_LISTEN_REFUSED'))
    }
  })

  test('rejects with the text of a Protocol Error immediately before the refusal', async () => {
    const refused = async (): Promise<unknown> => {
      const listening = client.listen(PROTOCOL).catch((error: unknown) => error)
      await relay.take('listen')
      relay.send({ type: 'listenRefused', protocol: PROTOCOL })
      return await listening
    }
    relay.send({ type: 'error', message: 'too many names' })
    expect(await refused()).toMatchObject({ code: 'ERR_LISTEN_REFUSED', message: 'too many names' })
    relay.send({ type: 'error', message: 'of something else' }, IDENTIFY)
    expect(await refused()).not.toMatchObject({ message: 'of something else' })
  })

  test('and dial reject invalid protocol names without asking the relay', async () => {
    for (const name of ['ls', '/x\n', '/x ', `/${'x'.repeat(1000)}`]) {
      await expect(client.listen(name)).rejects.toEqual(code('ERR_INVALID_ARGUMENT'))
      await expect(client.dial(OTHER, name)).rejects.toEqual(code('ERR_INVALID_ARGUMENT'))
    }
    expect(relay.received).toEqual([])
  })

  test('twice on one protocol is refused without asking the relay', async () => {
    const first = client.listen(PROTOCOL)
    await expect(client.listen(PROTOCOL)).rejects.toEqual(code('ERR_LISTEN_REFUSED'))
    relay.send({ type: 'listening', protocol: PROTOCOL })
    await first
    await expect(client.listen(PROTOCOL)).rejects.toEqual(code('ERR_LISTEN_REFUSED'))
  })

  test('that is aborted rejects with the reason, and stops if the relay accepts it anyway', async () => {
    const controller = new AbortController()
    const listening = client.listen(PROTOCOL, { signal: controller.signal })
    await relay.take('listen')
    controller.abort(new Error('changed my mind'))
    await expect(listening).rejects.toThrow('changed my mind')
    relay.send({ type: 'listening', protocol: PROTOCOL })
    expect(await relay.take('stop')).toMatchObject({ retain: false, protocol: PROTOCOL })
    relay.send({ type: 'listenerConnection', id: 1n, peer: OTHER, protocol: PROTOCOL })
    expect(await relay.take('close')).toMatchObject({ id: 1n })
  })

  test('ends iteration at close, and its connections count as closed by this side', async () => {
    const listening = client.listen(PROTOCOL)
    relay.send(
      { type: 'listening', protocol: PROTOCOL },
      { type: 'listenerConnection', id: 0n, peer: OTHER, protocol: PROTOCOL },
    )
    const listener = await listening
    const iterator = listener[Symbol.asyncIterator]()
    const first = await iterator.next()
    const next = iterator.next()
    listener.close()
    expect(await next).toEqual({ done: true, value: undefined })
    expect(await relay.take('stop')).toMatchObject({ retain: false })
    relay.send(
      { type: 'connectionClosed', id: 0n, reason: 'the listener was stopped' },
      { type: 'listenerClosed', protocol: PROTOCOL },
    )
    expect(await listener.closed).toMatchObject({ clean: true })
    expect(await first.value?.closed).toMatchObject({ clean: true })
  })

  test('can start again before the relay has confirmed the end of the last listener', async () => {
    const first = client.listen(PROTOCOL)
    relay.send({ type: 'listening', protocol: PROTOCOL })
    const listener = await first
    listener.close({ retain: true })
    expect(await relay.take('stop')).toMatchObject({ retain: true })
    const again = client.listen(PROTOCOL)
    relay.send({ type: 'listenerClosed', protocol: PROTOCOL }, { type: 'listening', protocol: PROTOCOL })
    expect(await again).not.toBe(listener)
    expect(await listener.closed).toMatchObject({ clean: true })
  })

  test('closes further connections once its backlog is full', async () => {
    const other = await startScriptedRelay()
    const small = await connect(other.url, { WebSocket, limits: { maxBacklog: 2 } })
    const listening = small.listen(PROTOCOL)
    other.send({ type: 'listening', protocol: PROTOCOL })
    await listening
    for (const id of [0n, 1n, 2n])
      other.send({ type: 'listenerConnection', id, peer: OTHER, protocol: PROTOCOL })
    expect(await other.take('reset')).toMatchObject({ id: 2n })
    expect(await other.take('close')).toMatchObject({ id: 2n })
    small.close()
    await other.close()
  })
})

describe('dial', () => {
  test('returns a connection with its first messages', async () => {
    const dialing = client.dial({ peer: OTHER, addrs: ['/ip4/127.0.0.1/tcp/1'] }, PROTOCOL, { relay: '*' })
    expect(await relay.take('connect')).toEqual({
      type: 'connect',
      frames: true,
      relay: '*',
      protocol: PROTOCOL,
      peer: encodePeerAddress({ peer: OTHER, addrs: ['/ip4/127.0.0.1/tcp/1'] }),
    })
    relay.send(
      { type: 'peerConnection', id: 0n, peer: OTHER, protocol: PROTOCOL },
      { type: 'data', id: 0n, data: bytes(1, 2) },
      { type: 'data', id: 0n, data: bytes() },
    )
    const connection = await dialing
    expect(connection).toMatchObject({
      id: 0n,
      peer: OTHER,
      protocol: PROTOCOL,
      direction: 'out',
      frames: true,
    })
    const iterator = connection[Symbol.asyncIterator]()
    expect((await iterator.next()).value).toEqual(bytes(1, 2))
    expect((await iterator.next()).value).toEqual(bytes())
  })

  test('finds its answer if that has another form of the peer ID', async () => {
    const cid = 'bafzaajaiaejcamdu4fiecy5mzgxbnqmzcnlwpnwqsmktfpx2ggw5pdj7hwnkv3sj'
    const dialing = client.dial(cid, PROTOCOL)
    await relay.take('connect')
    relay.send({ type: 'peerConnection', id: 0n, peer: OTHER, protocol: PROTOCOL })
    expect((await dialing).peer).toBe(OTHER)
  })

  test('rejects with the text of the refusal', async () => {
    const dialing = client.dial(OTHER, PROTOCOL)
    await relay.take('connect')
    relay.send({ type: 'peerConnectionRefused', peer: OTHER, protocol: PROTOCOL, error: 'nobody is at home' })
    await expect(dialing).rejects.toEqual(code('ERR_DIAL_REFUSED'))
    await expect(dialing).rejects.toThrow('nobody is at home')
  })

  test('of a damaged address finds its refusal, which repeats the address', async () => {
    const peer = '/addrs/v'
    const dialing = client.dial(peer, PROTOCOL)
    expect(await relay.take('connect')).toMatchObject({ peer })
    relay.send({ type: 'peerConnectionRefused', peer, protocol: PROTOCOL, error: 'damaged' })
    await expect(dialing).rejects.toThrow('damaged')
  })

  test('rejects arguments that can’t be encoded, before anything is sent', async () => {
    await expect(client.dial(OTHER, 'no-slash')).rejects.toEqual(code('ERR_INVALID_ARGUMENT'))
    await expect(client.dial('', PROTOCOL)).rejects.toEqual(code('ERR_INVALID_ARGUMENT'))
    await expect(client.listen('')).rejects.toEqual(code('ERR_INVALID_ARGUMENT'))
    expect(relay.received).toEqual([])
  })

  test('that is aborted rejects with the reason, and its connection is closed if it opens anyway', async () => {
    const controller = new AbortController()
    const first = client.dial(OTHER, PROTOCOL, { signal: controller.signal })
    const second = client.dial(OTHER, PROTOCOL)
    await relay.take('connect')
    controller.abort()
    await expect(first).rejects.toMatchObject({ name: 'AbortError' })
    relay.send(
      { type: 'peerConnection', id: 0n, peer: OTHER, protocol: PROTOCOL },
      { type: 'peerConnection', id: 1n, peer: OTHER, protocol: PROTOCOL },
    )
    expect(await relay.take('close')).toMatchObject({ id: 0n })
    expect((await second).id).toBe(1n)
  })

  test('sends nothing if its signal is already aborted', async () => {
    await expect(client.dial(OTHER, PROTOCOL, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(relay.received).toEqual([])
  })

  test('waits for a pending dial to the same peer if they differ, so that answers are not mixed up', async () => {
    const framed = client.dial(OTHER, PROTOCOL)
    const raw = client.dial(OTHER, PROTOCOL, { frames: false })
    const elsewhere = client.dial(PEER, PROTOCOL, { frames: false })
    expect(await relay.take('connect')).toMatchObject({ frames: true, peer: OTHER })
    expect(await relay.take('connect')).toMatchObject({ frames: false, peer: PEER })
    expect(relay.received).toHaveLength(2)
    relay.send({ type: 'peerConnectionRefused', peer: OTHER, protocol: PROTOCOL, error: 'no' })
    await expect(framed).rejects.toThrow('no')
    expect(await relay.take('connect')).toMatchObject({ frames: false, peer: OTHER })
    relay.send(
      { type: 'peerConnection', id: 0n, peer: OTHER, protocol: PROTOCOL },
      { type: 'peerConnection', id: 1n, peer: PEER, protocol: PROTOCOL },
    )
    expect(await raw).toMatchObject({ id: 0n, frames: false })
    expect(await elsewhere).toMatchObject({ id: 1n, peer: PEER })
  })

  test('that is aborted while waiting is never sent', async () => {
    const controller = new AbortController()
    const framed = client.dial(OTHER, PROTOCOL)
    const raw = client.dial(OTHER, PROTOCOL, { frames: false, signal: controller.signal })
    controller.abort()
    await expect(raw).rejects.toMatchObject({ name: 'AbortError' })
    relay.send({ type: 'peerConnectionRefused', peer: OTHER, protocol: PROTOCOL, error: 'no' })
    await expect(framed).rejects.toThrow('no')
    const next = client.dial(PEER, PROTOCOL)
    await until('both connects', () => relay.received.length >= 2)
    expect(relay.received).toMatchObject([
      { frames: true, peer: OTHER },
      { frames: true, peer: PEER },
    ])
    relay.send({ type: 'peerConnection', id: 0n, peer: PEER, protocol: PROTOCOL })
    await next
  })

  test('is limited in number', async () => {
    const other = await startScriptedRelay()
    const small = await connect(other.url, { WebSocket, limits: { maxPendingDials: 1 } })
    const first = small.dial(OTHER, PROTOCOL)
    await expect(small.dial(OTHER, PROTOCOL)).rejects.toEqual(code('ERR_TOO_MANY_DIALS'))
    small.close()
    await expect(first).rejects.toEqual(code('ERR_RELAY_LOST'))
    await other.close()
  })

  test.each([
    ['a space', { peer: `${OTHER} ` }, OTHER],
    ['a space, with addresses', { peer: ` ${OTHER}`, addrs: ['/ip4/127.0.0.1/tcp/1'] }, OTHER],
    ['junk', { peer: 'no peer!' }, 'no peer!'],
  ])('finds the dial of a target whose peer has %s', async (_, target, name) => {
    const dialling = client.dial(target, PROTOCOL)
    await relay.take('connect')
    relay.send({ type: 'peerConnectionRefused', peer: name, protocol: PROTOCOL, error: 'nobody' })
    await expect(dialling).rejects.toEqual(code('ERR_DIAL_REFUSED'))
  })

  test('forgets a dial that the relay never answers, after five minutes', async () => {
    const other = await startScriptedRelay()
    const small = await connect(other.url, { WebSocket, limits: { maxPendingDials: 1 } })
    const leaving = new AbortController()
    const first = small.dial(OTHER, PROTOCOL, { signal: leaving.signal })
    leaving.abort()
    await expect(first).rejects.toBe(leaving.signal.reason)
    await expect(small.dial(OTHER, PROTOCOL)).rejects.toEqual(code('ERR_TOO_MANY_DIALS'))
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + DEFAULT_MAX_DIAL_MS)
    const next = small.dial(OTHER, PROTOCOL, { frames: false })
    clock.mockRestore()
    await until('both to be sent', () => other.received.filter(({ type }) => type === 'connect').length === 2)
    small.close()
    await expect(next).rejects.toEqual(code('ERR_RELAY_LOST'))
    await other.close()
  })

  test('times out when the relay never answers', async () => {
    const other = await startScriptedRelay()
    const hasty = await connect(other.url, { WebSocket, limits: { answerTimeoutMs: 200 } })
    await expect(hasty.dial(OTHER, PROTOCOL)).rejects.toEqual(code('ERR_TIMEOUT'))
    hasty.close()
    await other.close()
  })
})

describe('when the relay violates the protocol', () => {
  test.each([
    ['an unknown opcode', bytes(99)],
    ['an empty message', bytes()],
    ['a truncated Data', bytes(4, 0)],
    ['a text message', 'hello'],
    ['Data for an unknown connection', bytes(4, 0, 0, 0, 0, 0, 0, 0, 9, 1)],
    ['Connection Closed for an unknown connection', bytes(3, 0, 0, 0, 0, 0, 0, 0, 9)],
    ['a second Hello', bytes(0, 1)],
    ['an unexpected Listening', bytes(10, 0x2f)],
    ['an unexpected Listen Refused', bytes(5, 0x2f)],
    ['Listener Closed for no listener', bytes(6, 0x2f)],
    ['a refusal of no dial', bytes(8, 0, 0, 0, 0)],
    ['a Protocol Error', bytes(9, 0x6d)],
  ])('%s causes an error event, and the client continues to work', async (_, message) => {
    const errors: ClientError[] = []
    client.addEventListener('error', (event) => errors.push(event.error))
    relay.sendRaw(message)
    await until('the error event', () => errors.length > 0)
    expect(errors).toEqual([code('ERR_PROTOCOL')])
    const listening = client.listen(PROTOCOL)
    relay.send({ type: 'listening', protocol: PROTOCOL })
    expect((await listening).protocol).toBe(PROTOCOL)
  })

  test.each(['listenerConnection', 'peerConnection'] as const)(
    'an unexpected %s is closed and causes an error event',
    async (type) => {
      const told = new Promise((resolve) => client.addEventListener('error', (event) => resolve(event.error)))
      relay.send({ type, id: 3n, peer: OTHER, protocol: PROTOCOL })
      expect(await told).toEqual(code('ERR_PROTOCOL'))
      expect(await relay.take('close')).toMatchObject({ id: 3n })
    },
  )
})

test('Data that crosses the end of its connection is not an error', async () => {
  const errors: ClientError[] = []
  client.addEventListener('error', (event) => errors.push(event.error))
  const dialing = client.dial(OTHER, PROTOCOL)
  relay.send(
    { type: 'peerConnection', id: 0n, peer: OTHER, protocol: PROTOCOL },
    { type: 'connectionClosed', id: 0n, reason: 'EOF' },
    { type: 'connectionClosed', id: 0n, reason: 'unknown connection' },
    { type: 'peerConnection', id: 1n, peer: OTHER, protocol: '/x/other' },
  )
  await (
    await dialing
  ).closed
  await until('the error of the unexpected connection', () => errors.length > 0)
  expect(errors.map((error) => error.message)).toEqual([expect.stringContaining('/x/other')])
})

test('a dial fails if its connection has an ID that is in use', async () => {
  const first = client.dial(OTHER, PROTOCOL)
  relay.send({ type: 'peerConnection', id: 0n, peer: OTHER, protocol: PROTOCOL })
  await first
  const second = client.dial(OTHER, PROTOCOL)
  relay.send({ type: 'peerConnection', id: 0n, peer: OTHER, protocol: PROTOCOL })
  await expect(second).rejects.toEqual(code('ERR_PROTOCOL'))
})

describe('when the relay is lost', () => {
  test('everything waiting fails, and everything open ends', async () => {
    const listening = client.listen('/x/open')
    const dialing = client.dial(OTHER, '/x/open')
    relay.send(
      { type: 'listening', protocol: '/x/open' },
      { type: 'peerConnection', id: 0n, peer: OTHER, protocol: '/x/open' },
      { type: 'data', id: 0n, data: bytes(5) },
    )
    const listener = await listening
    const connection = await dialing
    const ends = [
      expect(client.listen('/x/never')).rejects.toEqual(code('ERR_RELAY_LOST')),
      expect(client.dial(OTHER, '/x/never')).rejects.toEqual(code('ERR_RELAY_LOST')),
      expect(listener[Symbol.asyncIterator]().next()).rejects.toEqual(code('ERR_RELAY_LOST')),
    ]
    await relay.take('connect')
    await relay.take('connect')
    relay.socket().terminate()
    await Promise.all(ends)
    expect(await client.closed).toMatchObject({ clean: false })
    expect(await listener.closed).toMatchObject({ clean: false })
    expect(await connection.closed).toMatchObject({ clean: false })
    const iterator = connection[Symbol.asyncIterator]()
    expect((await iterator.next()).value).toEqual(bytes(5))
    await expect(iterator.next()).rejects.toEqual(code('ERR_CONNECTION_CLOSED'))
    await expect(client.dial(OTHER, PROTOCOL)).rejects.toEqual(code('ERR_RELAY_LOST'))
    expect(() => connection.send(bytes(1))).toThrow(code('ERR_CONNECTION_CLOSED'))
  })

  test('a close by this side is clean, and fires close once', async () => {
    let closes = 0
    client.addEventListener('close', () => closes++)
    client.close()
    client.close()
    expect(await client.closed).toEqual({ reason: 'this client was closed', clean: true })
    await until('the socket to be closed', () => relay.socket().readyState === WebSocket.CLOSED)
    expect(closes).toBe(1)
  })
})
