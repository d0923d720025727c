import '../support/polyfill.ts'
import { Repo } from '@automerge/automerge-repo'
import { MessageChannelNetworkAdapter } from '@automerge/automerge-repo-network-messagechannel'
import { createBirpc } from 'birpc'
import { RpcTarget, newMessagePortRpcSession } from 'capnweb'
import * as Comlink from 'comlink'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client, Connection, Listener } from '../../src/client/index.ts'
import { toMessagePort } from '../../src/client/index.ts'
import { decodeValue } from '../../src/client/port/decode-value.ts'
import { ByteWriter } from '../../src/client/port/byte-writer.ts'
import { encodeValue } from '../../src/client/port/encode-value.ts'
import { DEFAULT_MAX_PORT_VALUES, TAG } from '../../src/client/port/value-tags.ts'
import { startClientOfRelay } from '../support/client-of-relay.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/port'

const cleanups: (() => Promise<unknown> | void)[] = []
let one: Client
let other: Client
let listener: Listener

beforeAll(async () => {
  ;[one, other] = [await start(), await start()]
  listener = await other.listen(PROTOCOL)
})

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const start = (): Promise<Client> => startClientOfRelay(cleanups)

/** The two ends of a connection between two peers. */
async function connectPair(): Promise<{ near: Connection; far: Connection }> {
  const [near, taken] = await Promise.all([
    one.dial({ peer: other.peer, addrs: other.addresses }, PROTOCOL),
    listener[Symbol.asyncIterator]().next(),
  ])
  if (taken.value === undefined) throw new Error('the listener has ended')
  return { near, far: taken.value }
}

async function portPair(): Promise<{ near: MessagePort; far: MessagePort }> {
  const { near, far } = await connectPair()
  return { near: toMessagePort(near), far: toMessagePort(far) }
}

/** The next event of a port. The `once` of Node gives the data of its own ports, not the event. */
async function nextOf(port: MessagePort, type = 'message'): Promise<MessageEvent> {
  port.start()
  return await new Promise((resolve) =>
    port.addEventListener(type, (event) => resolve(event as MessageEvent), { once: true }),
  )
}

describe('libraries that speak over a MessagePort, unmodified, between two peers:', () => {
  test('comlink, with errors, callbacks and classes', async () => {
    const { near, far } = await portPair()
    class Counter {
      #count = 0
      add(by: number): number {
        return (this.#count += by)
      }
    }
    const api = {
      Counter,
      name: 'far',
      sum: (...numbers: number[]) => numbers.reduce((total, one) => total + one, 0),
      fail: () => {
        throw new RangeError('out of range')
      },
      async each(values: string[], call: (value: string) => Promise<void>) {
        for (const value of values) await call(value)
      },
    }
    Comlink.expose(api, far)
    const remote = Comlink.wrap<typeof api>(near)
    expect(await remote.sum(1, 2, 3)).toBe(6)
    expect(await remote.name).toBe('far')
    await expect(remote.fail()).rejects.toThrow('out of range')
    const called: string[] = []
    await remote.each(
      ['a', 'b'],
      Comlink.proxy(async (value: string) => void called.push(value)),
    )
    expect(called).toEqual(['a', 'b'])
    const counter = await new remote.Counter()
    await counter.add(2)
    expect(await counter.add(3)).toBe(5)
    counter[Comlink.releaseProxy]()
    expect(await remote.sum(1)).toBe(1)
  })

  test('birpc', async () => {
    const { near, far } = await portPair()
    const over = (port: MessagePort) => ({
      post: (data: unknown) => port.postMessage(data),
      on: (receive: (data: unknown) => void) => {
        port.onmessage = ({ data }) => receive(data)
      },
    })
    const functions = { greet: (name: string) => `hello ${name}`, at: (date: Date) => date.getTime() }
    createBirpc(functions, over(far))
    const remote = createBirpc<typeof functions>({}, over(near))
    expect(await remote.greet('Ada')).toBe('hello Ada')
    expect(await remote.at(new Date(5))).toBe(5)
  })

  test('capnweb, with promises that are passed on', async () => {
    const { near, far } = await portPair()
    class Api extends RpcTarget {
      user(): { id: number; name: string; seen: Date } {
        return { id: 7, name: 'Ada', seen: new Date(5) }
      }
      letter(id: number): string {
        return `to ${id}`
      }
      double(bytes: Uint8Array): Uint8Array {
        return bytes.map((byte) => 2 * byte)
      }
    }
    newMessagePortRpcSession(far, new Api())
    using remote = newMessagePortRpcSession<Api>(near)
    const user = remote.user()
    // One round trip: the ID is used before it is known.
    expect(await remote.letter(user.id)).toBe('to 7')
    expect((await user).seen).toEqual(new Date(5))
    expect(await remote.double(Uint8Array.of(1, 2))).toEqual(Uint8Array.of(2, 4))
  })

  test('Automerge’s MessageChannel adapter', async () => {
    const { near, far } = await portPair()
    const repo = new Repo({ network: [new MessageChannelNetworkAdapter(near)] })
    const others = new Repo({ network: [new MessageChannelNetworkAdapter(far)] })
    await until('both to meet', () => repo.peers.length + others.peers.length === 2)
    const handle = repo.create<{ text: string }>({ text: 'hello' })
    const found = await others.find<{ text: string }>(handle.url)
    expect(found.doc().text).toBe('hello')
    found.change((doc) => {
      doc.text = 'hello you'
    })
    await until('the change', () => handle.doc().text === 'hello you')
    await repo.shutdown()
    await others.shutdown()
  })
})

describe('a port', () => {
  test('keeps messages until it is started, and delivers them in order', async () => {
    const { near, far } = await portPair()
    for (const value of [1, 'two', null]) near.postMessage(value)
    const got: unknown[] = []
    far.onmessage = ({ data }) => got.push(data)
    await until('three messages', () => got.length === 3)
    expect(got).toEqual([1, 'two', null])
  })

  test('carries ports, which carry ports', async () => {
    const { near, far } = await portPair()
    const { port1, port2 } = new MessageChannel()
    near.start()
    const arriving = nextOf(far)
    near.postMessage({ port: port2 }, [port2])
    const { data, ports } = await arriving
    expect(ports).toEqual([data.port])
    const inner = new MessageChannel()
    const answering = nextOf(port1)
    data.port.postMessage([inner.port2], [inner.port2])
    const answer = await answering
    const last = nextOf(inner.port1)
    answer.data[0].postMessage('through three ports')
    expect((await last).data).toBe('through three ports')
    // An engine without the close event keeps them until the connection ends.
    port1.close()
    await nextOf(data.port, 'close')
    inner.port1.close()
  })

  test('carries a message of 5 MB, and refuses one of 40 MB', async () => {
    const { near, far } = await portPair()
    const arriving = nextOf(far)
    near.postMessage(new Uint8Array(5_000_000).fill(7))
    const { data } = await arriving
    expect(data.length).toBe(5_000_000)
    expect(data.every((byte: number) => byte === 7)).toBe(true)
    expect(() => near.postMessage(new Uint8Array(40_000_000))).toThrow(
      expect.objectContaining({ code: 'ERR_MESSAGE_TOO_LARGE' }),
    )
    const next = nextOf(far)
    near.postMessage('still works')
    expect((await next).data).toBe('still works')
  })

  test.each([
    ['a function', () => undefined],
    ['a symbol', Symbol('x')],
    ['a promise', Promise.resolve()],
    ['a blob', new Blob([])],
    ['a weak map', new WeakMap()],
    ['a port that is not transferred', new MessageChannel().port1],
  ])('refuses %s with a DataCloneError, and sends nothing', async (_, value) => {
    const { near, far } = await portPair()
    for (const posted of [value, { deep: [value] }])
      expect(() => near.postMessage(posted)).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
    const arriving = nextOf(far)
    near.postMessage('only this')
    expect((await arriving).data).toBe('only this')
  })

  test('closes at both ends', async () => {
    const { near, far } = await portPair()
    const closed = nextOf(far, 'close')
    near.postMessage('last')
    near.close()
    near.postMessage('too late')
    await closed
    far.postMessage('nobody is there')
  })

  test('delivers what was posted before the other side closed, when it is started after that', async () => {
    const { near, far } = await connectPair()
    const port = toMessagePort(near)
    const late = toMessagePort(far)
    for (const value of ['one', 'two']) port.postMessage(value)
    port.close()
    await far.closed
    const got: unknown[] = []
    late.onmessage = ({ data }) => got.push(data)
    await until('both messages', () => got.length === 2)
    expect(got).toEqual(['one', 'two'])
  })

  test('reports what it can’t read, and delivers the next message', async () => {
    const { near, far } = await connectPair()
    const port = toMessagePort(far)
    const problem = nextOf(port, 'messageerror')
    const arriving = nextOf(port)
    near.send(Uint8Array.of(0, 0, 99))
    toMessagePort(near).postMessage('valid')
    await problem
    expect((await arriving).data).toBe('valid')
  })

  test.each([
    ['an empty frame', []],
    ['an unknown kind', [0, 9]],
    ['a number that is too long', [255, 255, 255, 255, 255, 255]],
    ['an empty part', [0, 1]],
    ['a part that isn’t full', [0, 1, 5]],
  ])('resets the connection of a peer that sends %s', async (_, frame) => {
    const { near, far } = await connectPair()
    toMessagePort(far).start()
    near.send(Uint8Array.from(frame))
    expect((await near.closed).reason).toBe('the other side reset the stream')
  })

  test('needs a connection with frames', async () => {
    const [one, other] = [await start(), await start()]
    await other.listen(PROTOCOL, { frames: false })
    const connection = await one.dial({ peer: other.peer, addrs: other.addresses }, PROTOCOL, {
      frames: false,
    })
    expect(() => toMessagePort(connection)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }))
  })
})

describe('the values of messages', () => {
  const copy = (value: unknown): unknown =>
    decodeValue(
      encodeValue(value, () => undefined),
      () => {
        throw new Error('there is no port')
      },
    )

  test('arrive as structured clone would copy them', () => {
    const shared = { x: 1 }
    const circle: { list: unknown[]; map: Map<unknown, unknown> } = { list: [shared, shared], map: new Map() }
    circle.map.set(circle, new Set([circle.list]))
    const arrived = copy(circle) as typeof circle
    expect(arrived.list[0]).toBe(arrived.list[1])
    expect([...arrived.map.keys()][0]).toBe(arrived)
    const values = [
      [undefined, null, true, false, -0, Number.NaN, Infinity, 2n ** 80n, -5n, 'ä🦊'],
      [new Date(7), /a+/giu, new Uint8Array([1, 2]), new Float64Array([0.5]), new ArrayBuffer(3)],
      { ['__proto__']: 1, a: { b: [] } },
    ]
    expect(copy(values)).toEqual(values)
    const error = copy(new TypeError('no', { cause: { code: 5 } }))
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ message: 'no', cause: { code: 5 } })
    expect(copy(Object.assign(new Error('own'), { name: 'OwnError' }))).toMatchObject({ name: 'OwnError' })
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  test('equal what was sent, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        (value) => {
          expect(copy(value)).toEqual(structuredClone(value))
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('that are random bytes are refused with an Error, or are a value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeValue(bytes, () => new MessageChannel().port1)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('that are deeper than the limit are refused at both ends', () => {
    let deep: unknown[] = []
    for (let level = 0; level < 1_000; level++) deep = [deep]
    expect(() => encodeValue(deep, () => undefined)).toThrow(
      expect.objectContaining({ name: 'DataCloneError' }),
    )
    const bytes = new Uint8Array(2_000_000).map((_, at) => (at % 2 === 0 ? 10 : 1))
    expect(() => decodeValue(bytes, () => new MessageChannel().port1)).toThrow(RangeError)
  })

  test('that are more than the limit are refused at both ends', () => {
    const many = Array.from({ length: DEFAULT_MAX_PORT_VALUES }, () => null)
    expect(() => encodeValue(many, () => undefined)).toThrow(
      expect.objectContaining({ name: 'DataCloneError', message: expect.stringContaining('1000000 values') }),
    )
    // The array itself counts too.
    const decode = (count: number): unknown => {
      const header = new ByteWriter()
      header.u8(TAG.array)
      header.varint(count)
      const bytes = new Uint8Array(header.written.byteLength + count).fill(TAG.null)
      bytes.set(header.written)
      return decodeValue(bytes, () => expect.unreachable())
    }
    expect(decode(DEFAULT_MAX_PORT_VALUES - 1)).toHaveLength(DEFAULT_MAX_PORT_VALUES - 1)
    expect(() => decode(DEFAULT_MAX_PORT_VALUES)).toThrow(RangeError)
  })
})
