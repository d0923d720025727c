import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import type { Connection } from '../../src/client/index.ts'
import { Contacts, FOUND } from '../../src/room/contacts.ts'
import { PartKind, encodeFrame } from '../../src/room/frames.ts'
import {
  DEFAULT_ROOM_LIMITS,
  MAX_ADDRESSES,
  MAX_CONTACTS,
  MAX_DIALS_PER_SOURCE,
  PART_BYTES,
} from '../../src/room/limits.ts'
import { Rate } from '../../src/room/rate.ts'
import { Session } from '../../src/room/session.ts'
import { decodeValue, encodeValue } from '../../src/room/values.ts'
import { Wire } from '../../src/room/wire.ts'

/** One end of a connection whose frames a test moves, drops and cuts. */
class End extends EventTarget {
  readonly link = 'direct'
  readonly inbox: Uint8Array[] = []
  /** Frames that this end has sent and that are still on their way. */
  readonly underway: Uint8Array[] = []
  isOpen = true
  #wake: () => void = () => undefined

  send(bytes: Uint8Array): boolean {
    if (!this.isOpen) throw new Error('it is closed')
    this.underway.push(bytes)
    return true
  }

  async drain(): Promise<void> {
    // `send` never asks for it.
  }

  receive(bytes: Uint8Array): void {
    this.inbox.push(bytes)
    this.#wake()
  }

  close(): void {
    this.isOpen = false
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (this.isOpen) {
      const bytes = this.inbox.shift()
      if (bytes === undefined) await new Promise<void>((resolve) => (this.#wake = resolve))
      else yield bytes
    }
  }
}

/** One member of a pair: what it has sent and received. */
class Side {
  readonly session: Session
  readonly received: unknown[] = []
  readonly sent: number[] = []
  readonly states: unknown[] = []
  acknowledged = 0
  state = 0
  end = ''

  constructor(number: number, isArbiter: boolean, windowBytes = 3 * PART_BYTES) {
    this.session = new Session({
      peer: 'peer',
      page: 'page',
      number,
      limits: DEFAULT_ROOM_LIMITS,
      isArbiter,
      missed: 0,
      windowBytes: () => windowBytes,
      state: () => encodeValue(this.state),
      restarted: () => {
        throw new Error('the other side has lost its session')
      },
      ready: () => undefined,
      received: (kind, body) => {
        if (kind === PartKind.state) this.states.push(decodeValue(body))
        else if (kind === PartKind.message) this.received.push(numberIn(decodeValue(body)))
      },
      introduced: () => undefined,
      linkChanged: () => undefined,
      disconnected: () => undefined,
      broke: (error) => {
        throw error
      },
      ended: (end) => (this.end = end),
    })
  }

  /** Sends the next number, in as many bytes as a test wants. */
  send(bytes: number): void {
    const number = this.sent.length
    this.sent.push(number)
    const content = new Uint8Array(Math.max(4, bytes))
    new DataView(content.buffer).setUint32(0, number)
    const settle = (isReceived: boolean): void => {
      if (isReceived) this.acknowledged += 1
    }
    this.session.send({ kind: PartKind.message, body: encodeValue(content), settle })
  }
}

function numberIn(content: unknown): unknown {
  return content instanceof Uint8Array ? new DataView(content.buffer).getUint32(0) : content
}

const tick = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve))

type Step =
  | { type: 'send'; side: number; bytes: number }
  | { type: 'state'; side: number }
  | { type: 'deliver'; wire: number; side: number; frames: number }
  | { type: 'connect' }
  | { type: 'cut'; wire: number }

const index = fc.nat({ max: 9 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('send'),
      side: fc.nat({ max: 1 }),
      bytes: fc.constantFrom(4, 100, PART_BYTES - 1, 2 * PART_BYTES + 7),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('state'), side: fc.nat({ max: 1 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('deliver'),
      wire: index,
      side: fc.nat({ max: 1 }),
      frames: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('connect') }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cut'), wire: index }) },
)

test('messages arrive once and in order, whatever is cut, doubled or delayed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const sides = [new Side(1, true), new Side(2, false)] as const
      let wires: [End, End][] = []
      const connect = (): void => {
        const ends: [End, End] = [new End(), new End()]
        wires.push(ends)
        for (const side of [0, 1] as const) {
          sides[side].session.attach(new Wire(ends[side] as unknown as Connection, new Rate(1_000_000, 1)))
        }
      }
      const deliver = (ends: [End, End], side: number, frames: number): void => {
        const [from, to] = side === 0 ? ends : [ends[1], ends[0]]
        for (const bytes of from.underway.splice(0, frames)) if (to.isOpen) to.receive(bytes)
        // The other side learns of an orderly end after everything that was sent before it.
        if (!from.isOpen && from.underway.length === 0) to.close()
      }
      for (const action of [{ type: 'connect' } as const, ...steps]) {
        switch (action.type) {
          case 'send':
            sides[action.side === 0 ? 0 : 1].send(action.bytes)
            break
          case 'state': {
            const side = sides[action.side === 0 ? 0 : 1]
            side.state += 1
            side.session.stateChanged()
            break
          }
          case 'connect':
            connect()
            break
          case 'deliver': {
            const ends = wires[action.wire % Math.max(1, wires.length)]
            if (ends !== undefined) deliver(ends, action.side, action.frames)
            break
          }
          case 'cut':
            for (const end of wires.splice(action.wire % Math.max(1, wires.length), 1).flat()) end.close()
            break
          default:
            action satisfies never
        }
        await tick()
      }
      connect()
      for (let quiet = 0; quiet < 3;) {
        const isMoving = wires.flat().some(({ underway }) => underway.length > 0)
        quiet = isMoving ? 0 : quiet + 1
        for (const ends of wires) for (const side of [0, 1]) deliver(ends, side, Infinity)
        wires = wires.filter((ends) => ends.some(({ isOpen }) => isOpen))
        await tick()
      }
      for (const [near, far] of [sides, [sides[1], sides[0]] as const]) {
        expect(far.received).toEqual(near.sent)
        expect(near.acknowledged).toBe(near.sent.length)
        expect(far.states.at(-1)).toBe(near.state)
        near.session.end('closed')
      }
    }),
    { numRuns: 200 },
  )
})

test('a large message arrives whatever the other side may have underway', async () => {
  const sides = [new Side(1, true, 2 * PART_BYTES), new Side(2, false, 100 * PART_BYTES)] as const
  const ends = [new End(), new End()] as const
  for (const side of [0, 1] as const)
    sides[side].session.attach(new Wire(ends[side] as unknown as Connection, new Rate(1_000_000, 1)))
  sides[0].send(20 * PART_BYTES)
  while (ends.some(({ underway }) => underway.length > 0)) {
    for (const bytes of ends[0].underway.splice(0)) ends[1].receive(bytes)
    for (const bytes of ends[1].underway.splice(0)) ends[0].receive(bytes)
    await tick()
  }
  expect(sides[1].received).toEqual([0])
  for (const { session } of sides) session.end('closed')
})

afterEach(() => {
  vi.useRealTimers()
})

test('a member that only repeats old acknowledgements is dropped', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const side = new Side(1, true)
  const end = new End()
  side.session.attach(new Wire(end as unknown as Connection, new Rate(1_000_000, 1)))
  end.receive(encodeFrame({ type: 'session', own: 2, known: 1, received: 0 }))
  await tick()
  side.send(4)
  const { goneMs } = DEFAULT_ROOM_LIMITS
  for (let passed = 0; passed < goneMs; passed += goneMs / 4) {
    expect(side.end).toBe('')
    end.receive(encodeFrame({ type: 'ack', received: 0 }))
    await tick()
    vi.advanceTimersByTime(goneMs / 4)
  }
  expect(side.end).toBe('lost')
})

test('a door that needs no dial now is dialled once it does', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  let isWanted = false
  const dialled: string[] = []
  const contacts = new Contacts({
    isWanted: () => isWanted,
    dial: async ({ peer }) => dialled.push(peer) > 0,
  })
  contacts.start()
  contacts.add('door', { peer: 'peer', page: undefined, addresses: [], source: '', attempts: 3 })
  vi.advanceTimersByTime(1_000)
  expect(dialled).toEqual([])
  isWanted = true
  vi.advanceTimersByTime(10_000)
  expect(dialled.length).toBeGreaterThan(0)
  contacts.stop()
})

test('peers that are found, of which anybody can make many, delay nobody else', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const dialled: string[] = []
  const ends: (() => void)[] = []
  const contacts = new Contacts({
    isWanted: () => true,
    dial: async ({ peer }) => {
      dialled.push(peer)
      await new Promise<void>((resolve) => ends.push(resolve))
      return false
    },
  })
  contacts.start()
  const add = (peer: string, source: string): void =>
    contacts.add(peer, { peer, page: undefined, addresses: [], source, attempts: 3 })
  for (let index = 0; index < 2 * MAX_CONTACTS; index++) add(`false ${index}`, FOUND)
  expect(dialled).toHaveLength(MAX_DIALS_PER_SOURCE)
  add('lost', '')
  add('told', 'a member')
  expect(dialled.slice(MAX_DIALS_PER_SOURCE)).toEqual(['lost', 'told'])
  add('true', FOUND)
  for (let turn = 0; turn < MAX_CONTACTS && !dialled.includes('true'); turn++) {
    for (const end of ends.splice(0)) end()
    await tick()
    expect(ends.length).toBeLessThanOrEqual(MAX_DIALS_PER_SOURCE)
  }
  expect(dialled).toContain('true')
  contacts.stop()
})

test('addresses that a member tells displace none of those that are known', () => {
  const dialled: (readonly string[])[] = []
  const contacts = new Contacts({
    isWanted: () => true,
    dial: async ({ addresses }) => dialled.push(addresses) > 0,
  })
  const add = (source: string, addresses: string[]): void =>
    contacts.add('peer', { peer: 'peer', page: undefined, addresses, source, attempts: 3 })
  add('', ['right'])
  add(
    'a member',
    Array.from({ length: MAX_ADDRESSES }, (_, index) => `wrong ${index}`),
  )
  contacts.start()
  expect(dialled[0]?.[0]).toBe('right')
  expect(dialled[0]).toHaveLength(MAX_ADDRESSES)
  contacts.stop()
})
