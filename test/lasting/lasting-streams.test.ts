import '../support/polyfill.ts'
import { Uint8ArrayList } from 'uint8arraylist'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { encodeData, encodeFrame } from '../../src/lasting/frames.ts'
import { until } from '../support/until.ts'
import { ManualLink, settle } from './manual-link.ts'
import { Reader, TwoSides } from './two-sides.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

let sides: TwoSides

afterEach(() => sides.stop())

/** Ends a promise's wait without failing the test when it rejects. */
function outcomeOf(promise: Promise<unknown>): { value?: unknown } {
  const outcome: { value?: unknown } = {}
  promise.then(
    () => (outcome.value = 'resolved'),
    (error: unknown) => (outcome.value = error),
  )
  return outcome
}

describe('lasting streams with several peers', () => {
  test('are known to their own side although another peer was met while they opened', async () => {
    sides = new TwoSides()
    const link = sides.carrier()
    const opening = sides.dialer.open(link.dialer, 'listener', '/x/test')
    // A peer that has no streams yet is forgotten when another one comes, but not while it opens one.
    const other = sides.link()
    sides.dialer.accept(other.listener, 'somebody else', () => undefined)
    await link.flow()
    const { stream } = new Reader(await opening)
    expect([...sides.dialer.streams('listener')]).toEqual([stream])
    await link.flow()
    const [inbound] = [...sides.listener.streams('dialer')]
    link.cut()
    stream.send(bytesOf('resumed'))
    await until('the stream to be resumed', async () => {
      await sides.flow()
      return sides.accepted[0]?.text === 'resumed'
    })
    expect(inbound?.end).toBeUndefined()
  })
})

describe('opening a lasting stream', () => {
  test('ends when the peer does not answer in time, or this side stops', async () => {
    sides = new TwoSides({ answerTimeoutMs: 30 })
    const silent = new ManualLink()
    await expect(sides.dialer.open(silent.dialer, 'listener', '/x/test')).rejects.toMatchObject({
      name: 'LastingLostError',
    })
    expect(silent.dialer.status).toBe('aborted')

    const patient = new TwoSides()
    const another = new ManualLink()
    const outcome = outcomeOf(patient.dialer.open(another.dialer, 'listener', '/x/test'))
    patient.stop()
    await settle()
    expect(outcome.value).toMatchObject({ name: 'LastingLostError' })
    expect(another.dialer.status).toBe('aborted')
  })

  test('leaves no stream behind if the peer accepts what it has refused, or what was given up', async () => {
    sides = new TwoSides()
    const link = new ManualLink()
    const outcome = outcomeOf(sides.dialer.open(link.dialer, 'listener', '/x/test'))
    link.listener.send(
      Uint8Array.of(
        ...encodeFrame({ type: 'refused', reason: 'limit' }),
        ...encodeFrame({ type: 'accept', limit: 10 }),
      ),
    )
    await link.flow()
    expect(outcome.value).toMatchObject({ name: 'LastingRefusedError', reason: 'limit' })
    expect([...sides.dialer.streams()]).toEqual([])

    const late = new ManualLink()
    const gaveUp = new AbortController()
    const lateOutcome = outcomeOf(
      sides.dialer.open(late.dialer, 'listener', '/x/test', { signal: gaveUp.signal }),
    )
    late.listener.send(encodeFrame({ type: 'accept', limit: 10 }))
    await settle()
    gaveUp.abort(new Error('given up'))
    late.deliver('listener')
    await settle()
    expect(lateOutcome.value).toMatchObject({ message: 'given up' })
    expect([...sides.dialer.streams()]).toEqual([])
  })
})

describe('many interrupted streams of a peer', () => {
  test('wait without a warning, and resume when a link is made, but not with each of many links', async () => {
    const warnings: string[] = []
    const warned = ({ message }: Error): void => void warnings.push(message)
    process.on('warning', warned)
    try {
      sides = new TwoSides()
      const streams: Reader[] = []
      for (let count = 0; count < 15; count += 1) streams.push((await sides.open()).dialer)
      sides.isReachable = false
      for (const link of sides.links) link.cut('dialer')
      await settle()
      expect(sides.dialer.limits.maxInterruptedPerPeer).toBeGreaterThan(15)
      const before = sides.attempts
      for (let link = 0; link < 100; link += 1) {
        sides.dialer.retry('listener')
        await settle()
      }
      expect(sides.attempts - before).toBeLessThan(15 * 15)
      sides.isReachable = true
      await until('the streams to be resumed', async () => {
        await sides.flow()
        return streams.every(({ stream }) => stream.carrier !== undefined)
      })
      expect(warnings).toEqual([])
    } finally {
      process.off('warning', warned)
    }
  })
})

describe('accepting carriers', () => {
  test('that say nothing is bounded, and they are closed when this side stops', async () => {
    sides = new TwoSides({ maxStreamsPerPeer: 5 })
    const links = Array.from({ length: 8 }, () => sides.carrier())
    await settle()
    expect(links.filter(({ listener }) => listener.status === 'open').length).toBe(5)
    sides.stop()
    await settle()
    expect(links.filter(({ listener }) => listener.status === 'open').length).toBe(0)
  })

  test('notices that a carrier was closed before it was handed over', async () => {
    sides = new TwoSides()
    const { dialer } = await sides.open()
    const { stream } = dialer
    const link = sides.link()
    void link.dialer.close()
    await link.flow()
    const migration = outcomeOf(sides.dialer.migrate(stream, link.listener))
    await settle()
    expect(migration.value).toBeInstanceOf(Error)
  })
})

describe('a lasting stream whose reader has paused', () => {
  /** A stream with bytes that have arrived and not been read. */
  async function paused(): Promise<{ reader: Reader; peer: Reader; link: ManualLink }> {
    sides = new TwoSides({ resumeTimeoutMs: 50 })
    const { dialer, listener, link } = await sides.open()
    listener.stream.pause()
    dialer.stream.send(bytesOf('unread'))
    await sides.flow()
    expect(listener.stream.readBufferLength).toBe(6)
    return { reader: listener, peer: dialer, link }
  }

  test('can still be read after the peer has reset it', async () => {
    const { reader, peer } = await paused()
    peer.stream.abort(new Error('reset'))
    await sides.flow()
    expect(reader.stream.status).toBe('reset')
    reader.stream.resume()
    expect(reader.text).toBe('unread')
    expect(reader.stream.readBufferLength).toBe(0)
    expect(reader.isEnded).toBe(false)
  })

  test('can still be read after it was lost', async () => {
    const { reader, link } = await paused()
    sides.isReachable = false
    link.cut()
    await until('the loss', async () => reader.closed !== undefined)
    reader.stream.resume()
    expect(reader.text).toBe('unread')
    expect(reader.stream.readBufferLength).toBe(0)
  })

  test('can still be read after it has finished', async () => {
    const { reader, peer } = await paused()
    const closing = [reader.stream.close(), peer.stream.close()]
    await sides.flow()
    await Promise.all(closing)
    expect(reader.stream.end).toBe('finished')
    expect([reader.isEnded, reader.closed]).toEqual([false, undefined])
    reader.stream.resume()
    expect([reader.text, reader.isEnded, reader.closed]).toEqual(['unread', true, { error: undefined }])
  })

  test('holds nothing after this side has aborted it', async () => {
    const { reader } = await paused()
    reader.stream.abort(new Error('no longer wanted'))
    expect(reader.stream.readBufferLength).toBe(0)
  })

  test('holds nothing after the peer broke the protocol', async () => {
    const { reader, link } = await paused()
    link.dialer.send(encodeData(1000, new Uint8ArrayList(bytesOf('gap'))))
    await link.flow()
    expect(reader.closed?.error).toMatchObject({ name: 'LastingProtocolError' })
    expect(reader.stream.readBufferLength).toBe(0)
  })
})

describe('a lasting stream', () => {
  test('is closed when the peer says that it has finished', async () => {
    sides = new TwoSides()
    const { dialer, listener, link } = await sides.open()
    const closingBack = outcomeOf(listener.stream.close())
    await sides.flow()
    const closing = outcomeOf(dialer.stream.close())
    // The listener gets the last bytes, but its acknowledgement is lost.
    await settle()
    while (link.dialer.outbox.length > 0) link.deliver('dialer')
    await settle()
    expect(listener.stream.end).toBe('finished')
    link.cut()
    await until('the answer', async () => {
      await sides.flow()
      return dialer.closed !== undefined
    })
    expect([closing.value, closingBack.value]).toEqual(['resolved', 'resolved'])
    expect([dialer.closed, dialer.stream.end]).toEqual([{ error: undefined }, 'finished'])
  })

  test('tells its window after a change of the carrier that came to nothing', async () => {
    sides = new TwoSides({ initialWindowBytes: 16, maxWindowBytes: 16, minStreamBytes: 16 })
    const { dialer, listener } = await sides.open()
    for (let round = 0; round < 30; round += 1) {
      // Less than a quarter of the window, which needs no acknowledgement.
      dialer.stream.send(bytesOf('abc'))
      await sides.flow()
      const nowhere = sides.link()
      const moving = outcomeOf(sides.listener.migrate(listener.stream, nowhere.dialer))
      nowhere.cut()
      await settle()
      expect(moving.value).toBeInstanceOf(Error)
    }
    await sides.flow()
    expect(listener.text).toBe('abc'.repeat(30))
  })

  test('says again on its former carrier what it has said on a new one that was lost', async () => {
    sides = new TwoSides()
    const { dialer, listener, link } = await sides.open()
    const better = sides.carrier()
    const moving = outcomeOf(sides.dialer.migrate(dialer.stream, better.dialer))
    await settle()
    better.deliver('dialer')
    await settle()
    expect(listener.stream.carrier).toBe(better.listener)
    const closing = outcomeOf(dialer.stream.close())
    await settle()
    while (link.dialer.outbox.length > 0) link.deliver('dialer')
    await settle()
    expect(listener.isEnded).toBe(true)
    // Its acknowledgement of the end was on the new carrier.
    better.cut()
    await sides.flow()
    expect(moving.value).toBeInstanceOf(Error)
    expect(listener.stream.carrier).toBe(link.listener)
    expect(closing.value).toBe('resolved')
  })

  test('grants no more than its window when a reader puts bytes back', async () => {
    sides = new TwoSides({ initialWindowBytes: 8, maxWindowBytes: 8, minStreamBytes: 8 })
    const { dialer, listener } = await sides.open()
    listener.stream.pause()
    for (let round = 0; round < 10; round += 1) {
      dialer.stream.send(bytesOf('12345678'))
      await sides.flow()
      listener.stream.resume()
      listener.stream.unshift(bytesOf('12345678'))
      listener.stream.pause()
    }
    dialer.stream.send(new Uint8Array(1000))
    await sides.flow()
    expect(listener.stream.readBufferLength).toBeLessThanOrEqual(16)
  })

  test('does not migrate after its end', async () => {
    sides = new TwoSides()
    const { dialer } = await sides.open()
    dialer.stream.abort(new Error('over'))
    const link = new ManualLink()
    await expect(sides.dialer.migrate(dialer.stream, link.dialer)).rejects.toThrow('the stream has ended')
    expect(link.dialer.status).toBe('aborted')
    expect(link.dialer.sent).toEqual([])
  })

  test('ends a refused carrier even if the peer keeps its half open', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      sides = new TwoSides()
      const link = sides.carrier()
      link.dialer.send(bytesOf('\u0008/y/none\n'))
      link.deliver('dialer')
      await settle()
      expect([link.listener.writeStatus, link.listener.status]).toEqual(['closed', 'open'])
      vi.advanceTimersByTime(10_000)
      expect(link.listener.status).toBe('aborted')
    } finally {
      vi.useRealTimers()
    }
  })
})
