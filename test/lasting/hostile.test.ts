import '../support/polyfill.ts'
import { Uint8ArrayList } from 'uint8arraylist'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Frame, ReadFrame } from '../../src/lasting/frames.ts'
import { FrameReader } from '../../src/lasting/frame-reader.ts'
import { END_OF_PROPOSALS, encodeData, encodeFrame, encodeProtocolName } from '../../src/lasting/frames.ts'
import { heldBytes } from '../support/heap.ts'
import { until } from '../support/until.ts'
import type { ManualLink } from './manual-link.ts'
import type { Reader } from './two-sides.ts'
import { TwoSides } from './two-sides.ts'

/** A peer that speaks the protocol by hand to the listener's side of {@link TwoSides}. */
class Stranger {
  readonly link: ManualLink
  readonly frames: ReadFrame[] = []

  constructor(link: ManualLink) {
    this.link = link
    const reader = new FrameReader('frame')
    link.dialer.addEventListener('message', ({ data }) => {
      for (const chunk of data instanceof Uint8Array ? [data] : data) {
        reader.push(chunk, (frame) => this.frames.push(frame))
      }
    })
  }

  async say(...what: (Frame | Uint8Array | string)[]): Promise<void> {
    for (const one of what) {
      if (typeof one === 'string') this.link.dialer.send(encodeProtocolName(one))
      else if (one instanceof Uint8Array) this.link.dialer.send(one)
      else {
        if (one.type === 'resume' && this.link.dialer.sent.length === 0)
          this.link.dialer.send(END_OF_PROPOSALS)
        this.link.dialer.send(encodeFrame(one))
      }
    }
    await this.link.flow()
  }

  /** The last frame sent to it. */
  get last(): ReadFrame | undefined {
    return this.frames.at(-1)
  }

  get isClosed(): boolean {
    return this.link.dialer.remoteWriteStatus === 'closed'
  }
}

const data = (offset: number, text: string): Uint8Array =>
  encodeData(offset, new Uint8ArrayList(new TextEncoder().encode(text))).slice()
const idOf = (number: number): Uint8Array => new Uint8Array(16).fill(number)
const opening = (number: number): (Frame | string)[] => [
  '/x/test',
  { type: 'open', id: idOf(number), limit: 1000 },
  { type: 'ack', received: 0, limit: 1000 },
]

let sides: TwoSides
/** Another peer's stream, which must go on whatever happens beside it. */
let bystander: { dialer: Reader; listener: Reader }

beforeEach(async () => {
  sides = new TwoSides({
    maxStreamsPerPeer: 20,
    maxResumesPerSecond: 10,
    initialWindowBytes: 8,
    minStreamBytes: 8,
  })
  bystander = await sides.open()
})

afterEach(async () => {
  bystander.dialer.stream.send(new TextEncoder().encode('still here'))
  await sides.flow()
  expect(bystander.listener.text).toBe('still here')
  sides.stop()
})

/** A hostile peer whose stream is open; `peer` is its ID. */
async function stranger(peer = 'mallory'): Promise<Stranger> {
  const one = new Stranger(sides.link())
  sides.acceptAs(peer, one.link)
  return one
}

describe('a peer that breaks the protocol loses its own stream, and only that', () => {
  test.each<[string, (Frame | Uint8Array)[]]>([
    ['acknowledges bytes that were never sent', [{ type: 'ack', received: 1, limit: 1000 }]],
    ['sends bytes behind a gap', [data(3, 'gap')]],
    ['sends more than its window', [data(0, 'nine byte')]],
    ['ends before its last byte', [data(0, 'abc'), { type: 'fin', offset: 2 }]],
    ['ends behind its last byte', [data(0, 'abc'), { type: 'fin', offset: 4 }]],
    ['sends bytes behind its end', [data(0, 'abc'), { type: 'fin', offset: 3 }, data(3, 'd')]],
    ['opens the stream again on its carrier', [{ type: 'open', id: idOf(9), limit: 0 }]],
    ['answers without a request', [{ type: 'resumed', received: 0, limit: 0 }]],
    ['refuses without a request', [{ type: 'refused', reason: 'limit' }]],
  ])('that %s', async (_, frames) => {
    const mallory = await stranger()
    await mallory.say(...opening(1))
    const victim = sides.accepted.at(-1)
    await mallory.say(...frames)
    expect(mallory.last).toEqual({ type: 'reset', reason: 'protocol-error' })
    expect(victim?.closed?.error).toMatchObject({ name: 'LastingProtocolError' })
    expect(victim?.stream.end).toBe('reset')
  })

  test.each<[string, Uint8Array]>([
    ['an unknown frame', Uint8Array.of(200, 1, 2, 3)],
    ['an offset too large for a number', Uint8Array.of(7, 255, 255, 255, 255, 255, 255, 255, 255)],
  ])('that sends %s', async (_, junk) => {
    const mallory = await stranger()
    await mallory.say(...opening(1))
    const victim = sides.accepted.at(-1)
    await mallory.say(junk)
    expect(mallory.link.listener.status).toBe('aborted')
    expect(victim?.closed?.error).toMatchObject({ name: 'LastingProtocolError' })
    expect(victim?.stream.end).toBe('reset')
  })
})

describe("a peer other than the stream's own", () => {
  test('cannot resume it, whatever ID and epoch it names', async () => {
    const alice = await stranger('alice')
    await alice.say(...opening(1))
    for (const epoch of [1, 2, 1000, 4_294_967_295]) {
      const mallory = await stranger('mallory')
      await mallory.say({ type: 'resume', id: idOf(1), epoch, received: 0, limit: 1000 })
      expect(mallory.last).toEqual({ type: 'refused', reason: 'unknown-stream' })
    }
    await alice.say(data(0, 'mine'))
    expect(sides.accepted.at(-1)?.text).toBe('mine')
  })
})

describe('a peer that resumes its stream', () => {
  test.each([
    ['with the current epoch', 0],
    ['with an epoch of the other side', 1],
  ])('%s is refused', async (_, epoch) => {
    const alice = await stranger('alice')
    await alice.say(...opening(1))
    const again = await stranger('alice')
    await again.say({ type: 'resume', id: idOf(1), epoch, received: 0, limit: 1000 })
    expect(again.last).toEqual({ type: 'refused', reason: 'stale-epoch' })
    await alice.say(data(0, 'on the first carrier'.slice(0, 8)))
    expect(sides.accepted.at(-1)?.text).toBe('on the f')
  })

  test('and claims to have received what was never sent loses it', async () => {
    const alice = await stranger('alice')
    await alice.say(...opening(1))
    const again = await stranger('alice')
    await again.say({ type: 'resume', id: idOf(1), epoch: 2, received: 5, limit: 1000 })
    expect(again.last).toEqual({ type: 'reset', reason: 'protocol-error' })
    expect(sides.accepted.at(-1)?.stream.end).toBe('reset')
  })

  test('over and over is refused after ten times in a second, and costs no more than its carriers', async () => {
    const alice = await stranger('alice')
    await alice.say(...opening(1))
    const before = heldBytes()
    let refused = 0
    for (let attempt = 1; attempt <= 200; attempt += 1) {
      const again = await stranger('alice')
      await again.say({ type: 'resume', id: idOf(1), epoch: attempt * 2, received: 0, limit: 1000 })
      if (again.last?.type === 'refused' && again.last.reason === 'limit') refused += 1
      again.link.dialer.abort(new Error('the next one'))
      await again.link.flow()
    }
    sides.links.length = 1
    expect(refused).toBeGreaterThan(100)
    // Both ends of the carriers: ours close once the peer has closed its half, or after ten seconds.
    expect(heldBytes() - before).toBeLessThan(200 * 20_000)
  })
})

describe('a peer that opens streams', () => {
  test('with an ID that it already uses gets a reset, and keeps the first one', async () => {
    const alice = await stranger('alice')
    await alice.say(...opening(1))
    const first = sides.accepted.at(-1)
    const again = await stranger('alice')
    await again.say(...opening(1))
    expect(again.last).toEqual({ type: 'reset', reason: 'aborted' })
    await alice.say(data(0, 'first'))
    expect(first?.text).toBe('first')
  })

  test('without end is refused at the limit', async () => {
    const answers: unknown[] = []
    for (let number = 1; number <= 25; number += 1) {
      const mallory = await stranger('mallory')
      await mallory.say(...opening(number))
      answers.push(mallory.last)
    }
    expect(answers.filter((answer) => (answer as Frame).type === 'accept').length).toBe(20)
    expect(answers.at(-1)).toEqual({ type: 'refused', reason: 'limit' })
  })

  test('for a protocol that nobody serves is refused with that reason', async () => {
    const mallory = await stranger('mallory')
    await mallory.say('/unknown')
    expect(mallory.last).toEqual({ type: 'refused', reason: 'unsupported-protocol' })
    expect(mallory.isClosed).toBe(true)
  })

  test('and sends nothing is cut off', async () => {
    const quick = new TwoSides({ answerTimeoutMs: 30 })
    const one = new Stranger(quick.link())
    quick.acceptAs('mallory', one.link)
    await until('the carrier to be closed', async () => one.link.listener.status !== 'open')
    quick.stop()
  })
})

describe('a peer that never acknowledges', () => {
  test('gets no more than its limit, and the waiting data is bounded', async () => {
    const mallory = await stranger('mallory')
    await mallory.say('/x/test', { type: 'open', id: idOf(1), limit: 5 })
    await mallory.say({ type: 'ack', received: 0, limit: 5 })
    const victim = sides.accepted.at(-1)
    expect(victim?.stream.send(new Uint8Array(1000))).toBe(false)
    await mallory.link.flow()
    expect(mallory.frames.filter(({ type }) => type === 'data')).toMatchObject([{ bytes: new Uint8Array(5) }])
    expect(victim?.stream.unacknowledgedBytes).toBe(5)
  })

  test('fills no more than the bounds of a stream, of a peer and of all peers', async () => {
    const [perStream, perPeer, total, minimum, count] = [262_144, 1_048_576, 1_572_864, 16_384, 8]
    const bounded = new TwoSides({
      maxUnacknowledgedBytesPerStream: perStream,
      maxUnacknowledgedBytesPerPeer: perPeer,
      maxUnacknowledgedBytes: total,
      minStreamBytes: minimum,
    })
    const before = heldBytes()
    const victims = new Map<string, Reader[]>()
    const strangers: Stranger[] = []
    for (const peer of ['mallory', 'eve']) {
      for (let number = 1; number <= count; number += 1) {
        const one = new Stranger(bounded.link())
        bounded.acceptAs(peer, one.link)
        await one.say('/x/test', { type: 'open', id: idOf(number), limit: 1_000_000_000 })
        await one.say({ type: 'ack', received: 0, limit: 1_000_000_000 })
        strangers.push(one)
        victims.set(peer, [...(victims.get(peer) ?? []), ...bounded.accepted.slice(-1)])
      }
    }
    for (let round = 1; round <= 20; round += 1) {
      for (const { stream } of [...victims.values()].flat())
        if (!stream.writableNeedsDrain) stream.send(new Uint8Array(65_536))
      await bounded.flow()
      for (const { frames, link } of strangers) {
        frames.length = 0
        link.listener.sent.length = 0
      }
    }
    for (const { stream } of [...victims.values()].flat())
      expect(stream.unacknowledgedBytes).toBeLessThanOrEqual(perStream)
    const streams = bounded.listener
    expect(streams.unacknowledgedBytes('mallory')).toBeGreaterThanOrEqual(perPeer)
    expect(streams.unacknowledgedBytes('mallory')).toBeLessThanOrEqual(perPeer + count * minimum)
    expect(streams.unacknowledgedBytes()).toBeGreaterThanOrEqual(total)
    expect(streams.unacknowledgedBytes()).toBeLessThanOrEqual(total + 2 * count * minimum)
    // Each writer holds the message that had no room.
    expect(heldBytes() - before).toBeLessThan(total + 2 * count * (minimum + 65_536) + 2_000_000)
    bounded.stop()
    expect(streams.unacknowledgedBytes()).toBe(0)
  })
})

describe('a peer that drops the carriers of its streams', () => {
  test('and lets nobody reach it loses those beyond the limit, and the others in time', async () => {
    const bounded = new TwoSides({ maxInterruptedPerPeer: 3, resumeTimeoutMs: 300 })
    const opened: Reader[] = []
    for (let number = 1; number <= 5; number += 1) opened.push((await bounded.open()).dialer)
    bounded.isReachable = false
    for (const link of bounded.links) link.cut('dialer')
    await bounded.flow()
    const lost = (): number => opened.filter(({ stream }) => stream.end === 'lost').length
    expect([bounded.dialer.interruptedCount, lost()]).toEqual([3, 2])
    expect(opened.at(-1)?.closed?.error).toMatchObject({ name: 'LastingLostError' })
    await until('the others to end', async () => lost() === 5)
    expect([bounded.dialer.interruptedCount, bounded.dialer.streamCount]).toEqual([0, 0])
    expect(bounded.dialer.counts).toEqual({ resumed: 0, moved: 0, lost: 5 })
    expect(opened.some(({ isEnded }) => isEnded)).toBe(false)
    bounded.stop()
  })
})

describe('a peer that lies about what it has', () => {
  test.each<[string, Frame[], string]>([
    ['acknowledges an end that was never sent', [{ type: 'ack', received: 6, limit: 1000 }], 'reset'],
    ['acknowledges less than before', [{ type: 'ack', received: 2, limit: 1000 }], 'data'],
    ['takes its limit back', [{ type: 'ack', received: 5, limit: 0 }], 'data'],
  ])('and %s', async (_, lie, answer) => {
    const mallory = await stranger()
    await mallory.say(...opening(1))
    const victim = sides.accepted.at(-1)
    victim?.stream.send(new TextEncoder().encode('12345'))
    await mallory.say({ type: 'ack', received: 5, limit: 1000 }, ...lie)
    if (victim?.stream.writeStatus === 'writable') victim.stream.send(new TextEncoder().encode('6'))
    await mallory.link.flow()
    expect(mallory.last).toMatchObject(
      answer === 'data' ? { type: 'data', offset: 5 } : { type: 'reset', reason: 'protocol-error' },
    )
    expect(victim?.stream.end).toBe(answer === 'data' ? undefined : 'reset')
  })

  test('as it acknowledges bytes that wait for its carrier, loses the stream', async () => {
    const roomy = new TwoSides()
    const one = new Stranger(roomy.link())
    roomy.acceptAs('mallory', one.link)
    await one.say('/x/test', { type: 'open', id: idOf(1), limit: 10_000_000 })
    await one.say({ type: 'ack', received: 0, limit: 10_000_000 })
    const victim = roomy.accepted.at(-1)
    victim?.stream.send(new Uint8Array(1_000_000))
    const sentBytes = one.link.listener.sent.reduce((sum, { byteLength }) => sum + byteLength, 0)
    expect(sentBytes).toBeLessThan(1_000_000)
    one.link.listener.onData(encodeFrame({ type: 'ack', received: 1_000_000, limit: 10_000_000 }))
    expect(victim?.stream.end).toBe('reset')
    roomy.stop()
  })

  test('as it answers RESUME, loses the stream', async () => {
    const mallory = await stranger()
    await mallory.say(...opening(1))
    const victim = sides.accepted.at(-1)
    const better = sides.link()
    const moving = victim === undefined ? undefined : sides.listener.migrate(victim.stream, better.dialer)
    better.dialer.onData(encodeFrame({ type: 'resumed', received: 1, limit: 1000 }))
    await expect(moving).rejects.toThrow()
    await mallory.link.flow()
    expect(mallory.last).toEqual({ type: 'reset', reason: 'protocol-error' })
    expect(victim?.stream.end).toBe('reset')
  })
})

describe('a peer that resumes a stream which this side moves', () => {
  test('is refused if its epoch is smaller, and takes over if it is larger', async () => {
    const alice = await stranger('alice')
    await alice.say(...opening(1))
    const victim = sides.accepted.at(-1)
    const move = (): { carrier: ManualLink; failed: Promise<unknown> } => {
      const carrier = sides.link()
      const moving =
        victim === undefined ? Promise.resolve() : sides.listener.migrate(victim.stream, carrier.dialer)
      return { carrier, failed: moving.catch((error: unknown) => error) }
    }
    // The first proposal has the epoch 1, the second 3.
    const first = move()
    const second = move()
    expect(await first.failed).toBeInstanceOf(Error)
    const early = await stranger('alice')
    await early.say({ type: 'resume', id: idOf(1), epoch: 2, received: 0, limit: 1000 })
    expect(early.last).toEqual({ type: 'refused', reason: 'stale-epoch' })
    const late = await stranger('alice')
    await late.say({ type: 'resume', id: idOf(1), epoch: 4, received: 0, limit: 1000 })
    expect(late.last).toMatchObject({ type: 'resumed' })
    expect(await second.failed).toMatchObject({ name: 'LastingRefusedError', reason: 'stale-epoch' })
    expect(victim?.stream.carrier).toBe(late.link.listener)
  })
})

describe('a peer that takes and never acknowledges', () => {
  test('gets no more than one stream may hold, however much it allows', async () => {
    const small = new TwoSides({ maxUnacknowledgedBytesPerStream: 1000 })
    const one = new Stranger(small.link())
    small.acceptAs('mallory', one.link)
    await one.say('/x/test', { type: 'open', id: idOf(1), limit: Number.MAX_SAFE_INTEGER })
    await one.say({ type: 'ack', received: 0, limit: Number.MAX_SAFE_INTEGER })
    const victim = small.accepted.at(-1)
    expect(victim?.stream.send(new Uint8Array(100_000))).toBe(false)
    for (let epoch = 2; epoch <= 20; epoch += 2) {
      const again = new Stranger(small.link())
      small.acceptAs('mallory', again.link)
      await again.say({
        type: 'resume',
        id: idOf(1),
        epoch,
        received: 0,
        limit: Number.MAX_SAFE_INTEGER,
      })
      expect(again.frames.filter(({ type }) => type === 'data')).toMatchObject([
        { bytes: new Uint8Array(1000) },
      ])
    }
    expect(small.listener.unacknowledgedBytes()).toBe(1000)
    small.stop()
  })

  test('cannot hold more with many streams than its share', async () => {
    const small = new TwoSides({ maxUnacknowledgedBytesPerPeer: 3000, minStreamBytes: 100 })
    for (let number = 1; number <= 10; number += 1) {
      const one = new Stranger(small.link())
      small.acceptAs('mallory', one.link)
      await one.say('/x/test', { type: 'open', id: idOf(number), limit: 1_000_000 })
      await one.say({ type: 'ack', received: 0, limit: 1_000_000 })
      small.accepted.at(-1)?.stream.send(new Uint8Array(2000))
    }
    expect(small.listener.unacknowledgedBytes()).toBeLessThanOrEqual(3000 + 10 * 100)
    small.stop()
    expect(small.listener.unacknowledgedBytes()).toBe(0)
  })
})

describe('a peer that loses its carriers', () => {
  test('keeps as many interrupted streams as it may have', async () => {
    const small = new TwoSides({ maxInterruptedPerPeer: 3 })
    small.isReachable = false
    for (let number = 1; number <= 5; number += 1) {
      const one = new Stranger(small.link())
      small.acceptAs('mallory', one.link)
      await one.say('/x/test', { type: 'open', id: idOf(number), limit: 1000 })
      await one.say({ type: 'ack', received: 0, limit: 1000 })
      one.link.cut()
    }
    await until('the losses', async () => small.accepted.every(({ stream }) => stream.carrier === undefined))
    expect(small.accepted.map(({ stream }) => stream.end)).toEqual([
      undefined,
      undefined,
      undefined,
      'lost',
      'lost',
    ])
    small.stop()
  })
})
