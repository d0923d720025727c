import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Client, ClientLimits, Connection, WebSocketConstructor } from '../../src/client/index.ts'
import { MESSAGE_OVERHEAD_BYTES, connect } from '../../src/client/index.ts'
import { until } from '../support/until.ts'
import type { ScriptedRelay } from './scripted-relay.ts'
import { OTHER, PROTOCOL, WebSocket, startScriptedRelay } from './scripted-relay.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

let relay: ScriptedRelay
let client: Client | undefined

beforeEach(async () => {
  relay = await startScriptedRelay()
})

afterEach(async () => {
  client?.close()
  await relay.close()
})

async function open(frames = true, limits: Partial<ClientLimits> = {}): Promise<Connection> {
  client = await connect(relay.url, { WebSocket, limits })
  const dialing = client.dial(OTHER, PROTOCOL, { frames })
  relay.send({ type: 'peerConnection', id: 0n, peer: OTHER, protocol: PROTOCOL })
  return dialing
}

async function readAll(connection: Connection): Promise<number[][]> {
  const messages = []
  for await (const message of connection) messages.push([...message])
  return messages
}

describe('reading', () => {
  test('returns everything before an end of stream, then ends', async () => {
    const connection = await open()
    relay.send(
      { type: 'data', id: 0n, data: bytes(1) },
      { type: 'data', id: 0n, data: bytes(2, 3) },
      { type: 'connectionClosed', id: 0n, reason: 'EOF' },
    )
    expect(await connection.closed).toEqual({ reason: 'EOF', clean: true })
    expect(await readAll(connection)).toEqual([[1], [2, 3]])
  })

  test('returns everything before a loss, then throws its reason', async () => {
    const connection = await open()
    relay.send(
      { type: 'data', id: 0n, data: bytes(1) },
      { type: 'connectionClosed', id: 0n, reason: 'the link was lost' },
    )
    const iterator = connection[Symbol.asyncIterator]()
    expect((await iterator.next()).value).toEqual(bytes(1))
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ERR_CONNECTION_CLOSED' })
    await expect(iterator.next()).rejects.toThrow('the link was lost')
    expect(await connection.closed).toEqual({ reason: 'the link was lost', clean: false })
  })

  test('can be stopped and continued', async () => {
    const connection = await open()
    relay.send({ type: 'data', id: 0n, data: bytes(1) }, { type: 'data', id: 0n, data: bytes(2) })
    const seen = []
    for await (const message of connection) {
      seen.push(...message)
      break
    }
    for await (const message of connection) {
      seen.push(...message)
      break
    }
    expect(seen).toEqual([1, 2])
  })

  test('serves several waiting readers in order', async () => {
    const connection = await open()
    const iterator = connection[Symbol.asyncIterator]()
    const waiting = [iterator.next(), iterator.next(), iterator.next()]
    relay.send(
      { type: 'data', id: 0n, data: bytes(1) },
      { type: 'data', id: 0n, data: bytes(2) },
      { type: 'connectionClosed', id: 0n, reason: 'EOF' },
    )
    expect(await Promise.all(waiting)).toEqual([
      { done: false, value: bytes(1) },
      { done: false, value: bytes(2) },
      { done: true, value: undefined },
    ])
  })

  test.each([
    ['bytes', 40, 2],
    ['empty messages', 0, 4],
  ])(
    'that does not happen is limited in %s: the connection is closed, and says why',
    async (_, size, fits) => {
      const connection = await open(true, { maxUnreadBytes: fits * (MESSAGE_OVERHEAD_BYTES + size) })
      for (let count = 0; count < 6; count++) relay.send({ type: 'data', id: 0n, data: new Uint8Array(size) })
      expect(await relay.take('close')).toMatchObject({ id: 0n })
      relay.send({ type: 'connectionClosed', id: 0n, reason: 'closed' })
      expect(await connection.closed).toEqual({
        reason: expect.stringContaining('was not read'),
        clean: false,
      })
      const iterator = connection[Symbol.asyncIterator]()
      for (let count = 0; count < fits; count++) expect((await iterator.next()).done).toBe(false)
      await expect(iterator.next()).rejects.toMatchObject({ code: 'ERR_READ_QUEUE_FULL' })
      expect(relay.received.filter((message) => message.type === 'close')).toHaveLength(1)
    },
  )

  test('is limited for all connections together, without what was read and without ended connections', async () => {
    const size = 40
    const limits = { maxTotalUnreadBytes: 3 * (MESSAGE_OVERHEAD_BYTES + size) }
    const connected = await connect(relay.url, { WebSocket, limits })
    client = connected
    const dials = [0, 1, 2, 3].map(() => connected.dial(OTHER, PROTOCOL))
    const data = (id: bigint): void => relay.send({ type: 'data', id, data: new Uint8Array(size) })
    for (const id of [0n, 1n, 2n, 3n])
      relay.send({ type: 'peerConnection', id, peer: OTHER, protocol: PROTOCOL })
    const [first, second] = await Promise.all(dials)
    for (const id of [0n, 0n, 1n]) data(id)
    relay.send({ type: 'connectionClosed', id: 1n, reason: 'EOF' })
    await second?.closed
    // The second connection has ended and no longer counts. One message of the first is read, so two more
    // fit.
    await first?.[Symbol.asyncIterator]().next()
    for (const id of [2n, 2n, 3n]) data(id)
    expect(await relay.take('close')).toMatchObject({ id: 3n })
    expect(relay.received.filter((message) => message.type === 'close')).toHaveLength(1)
    expect(second === undefined ? [] : await readAll(second)).toHaveLength(1)
  })

  test('is limited for connections in a backlog, even after they have ended', async () => {
    const limits = { maxTotalUnreadBytes: 2 * (MESSAGE_OVERHEAD_BYTES + 40) }
    client = await connect(relay.url, { WebSocket, limits })
    const listening = client.listen(PROTOCOL)
    relay.send({ type: 'listening', protocol: PROTOCOL })
    const listener = await listening
    const come = (id: bigint): void =>
      relay.send(
        { type: 'listenerConnection', id, peer: OTHER, protocol: PROTOCOL },
        { type: 'data', id, data: new Uint8Array(40) },
        { type: 'connectionClosed', id, reason: 'EOF' },
      )
    for (const id of [0n, 1n, 2n]) come(id)
    expect(await relay.take('close')).toMatchObject({ id: 2n })
    const iterator = listener[Symbol.asyncIterator]()
    const taken = await iterator.next()
    expect(taken.value === undefined ? [] : await readAll(taken.value)).toHaveLength(1)
    come(3n)
    await iterator.next()
    await iterator.next()
    const last = await iterator.next()
    expect(last.value === undefined ? [] : await readAll(last.value)).toHaveLength(1)
  })

  test('keeps the order of many messages', async () => {
    const connection = await open()
    const count = 5000
    for (let value = 0; value < count; value++) {
      relay.send({ type: 'data', id: 0n, data: bytes(value >> 8, value & 0xff) })
    }
    relay.send({ type: 'connectionClosed', id: 0n, reason: 'EOF' })
    await connection.closed
    const values = (await readAll(connection)).map(([high = 0, low = 0]) => high * 256 + low)
    expect(values).toEqual(Array.from({ length: count }, (_, value) => value))
  })
})

describe('close', () => {
  test('is sent once, drops unread messages, and counts as clean whatever the relay’s reason', async () => {
    const connection = await open()
    relay.send({ type: 'data', id: 0n, data: bytes(1) })
    const iterator = connection[Symbol.asyncIterator]()
    await iterator.next()
    const next = iterator.next()
    connection.close()
    connection.close()
    expect(await next).toEqual({ done: true, value: undefined })
    await relay.take('close')
    relay.send(
      { type: 'data', id: 0n, data: bytes(2) },
      { type: 'connectionClosed', id: 0n, reason: 'closed by the client' },
    )
    expect(await connection.closed).toEqual({ reason: 'closed by this side', clean: true })
    expect(await readAll(connection)).toEqual([])
    expect(relay.received.filter((message) => message.type === 'close')).toHaveLength(1)
    connection.close()
    expect(() => connection.send(bytes(1))).toThrow(
      expect.objectContaining({ code: 'ERR_CONNECTION_CLOSED' }),
    )
  })
})

describe('sending', () => {
  test('copies the bytes before it returns', async () => {
    const connection = await open()
    const data = bytes(1, 2, 3)
    expect(connection.send(data.subarray(1))).toBe(true)
    data.fill(9)
    expect(await relay.take('data')).toMatchObject({ id: 0n, data: bytes(2, 3) })
  })

  test('copies the bytes for a WebSocket that compresses them later', async () => {
    await relay.close()
    relay = await startScriptedRelay(true, { compresses: true })
    const connection = await open()
    const payloads = [1, 2, 3].map((value) => new Uint8Array(5000).fill(value))
    for (const payload of payloads) connection.send(payload)
    for (const payload of payloads) expect((await relay.take('data')).data).toEqual(payload)
  })

  test('copies the bytes for a passed WebSocket that reads them later', async () => {
    /** Like wrappers and test doubles of WebSockets, this one sends later. */
    class LateWebSocket extends EventTarget {
      readonly #socket: InstanceType<typeof WebSocket>
      binaryType = 'arraybuffer'
      bufferedAmount = 0
      protocol = ''
      constructor(url: string | URL) {
        super()
        this.#socket = new WebSocket(url)
        this.#socket.binaryType = 'arraybuffer'
        this.#socket.on('message', (data) => this.dispatchEvent(new MessageEvent('message', { data })))
        this.#socket.on('close', () => this.dispatchEvent(new Event('close')))
      }
      send(data: Uint8Array): void {
        setImmediate(() => this.#socket.send(data))
      }
      close(): void {
        this.#socket.close()
      }
    }
    client = await connect(relay.url, { WebSocket: LateWebSocket as unknown as WebSocketConstructor })
    const dialing = client.dial(OTHER, PROTOCOL)
    relay.send({ type: 'peerConnection', id: 0n, peer: OTHER, protocol: PROTOCOL })
    const connection = await dialing
    for (const value of [1, 2, 3]) connection.send(bytes(value))
    for (const value of [1, 2, 3]) expect((await relay.take('data')).data).toEqual(bytes(value))
  })

  test('refuses a message beyond the limit with frames, and splits it without', async () => {
    const framed = await open(true, { maxMessageBytes: 2 })
    expect(() => framed.send(bytes(1, 2, 3))).toThrow(
      expect.objectContaining({ code: 'ERR_MESSAGE_TOO_LARGE' }),
    )
    client?.close()
    const raw = await open(false, { maxMessageBytes: 2 })
    raw.send(bytes(1, 2, 3))
    expect((await relay.take('data')).data).toEqual(bytes(1, 2))
    expect((await relay.take('data')).data).toEqual(bytes(3))
  })

  test('says when to wait, and drain resolves once the relay reads again', async () => {
    const connection = await open()
    relay.socket().pause()
    const chunk = new Uint8Array(1_000_000)
    let sent = 1
    while (connection.send(chunk)) {
      sent += 1
      expect(sent).toBeLessThan(200)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const drained = connection.drain()
    const aborted = connection.drain({ signal: AbortSignal.abort(new Error('aborted')) })
    await expect(aborted).rejects.toThrow('aborted')
    relay.socket().resume()
    await drained
    expect(connection.send(bytes(1))).toBe(true)
    await until(
      'all of it to arrive',
      () => relay.received.filter(({ type }) => type === 'data').length === sent + 1,
    )
  })

  test('without waiting is refused at the limit', async () => {
    const connection = await open(true, { maxBufferedBytes: 3_000_000 })
    relay.socket().pause()
    expect(() => {
      for (let count = 0; count < 200; count++) connection.send(new Uint8Array(1_000_000))
    }).toThrow(expect.objectContaining({ code: 'ERR_SEND_QUEUE_FULL' }))
  })

  test('rejects waiting drains when the relay is lost', async () => {
    const connection = await open()
    relay.socket().pause()
    for (let count = 0; count < 40; count++) connection.send(new Uint8Array(1_000_000))
    const drained = connection.drain()
    relay.socket().terminate()
    await expect(drained).rejects.toMatchObject({ code: 'ERR_RELAY_LOST' })
    await expect(connection.drain()).rejects.toMatchObject({ code: 'ERR_RELAY_LOST' })
  })
})
