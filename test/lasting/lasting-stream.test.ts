import '../support/polyfill.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { DATA_HEADER_BYTES, FULL_DATA_BYTES, MAX_DATA_BYTES } from '../../src/lasting/frames.ts'
import { until } from '../support/until.ts'
import { settle } from './manual-link.ts'
import { TwoSides } from './two-sides.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

let sides: TwoSides

afterEach(() => sides.stop())

describe('a lasting stream', () => {
  test('carries bytes both ways and ends in order', async () => {
    sides = new TwoSides()
    const { dialer, listener } = await sides.open()
    dialer.stream.send(bytesOf('ping'))
    listener.stream.send(bytesOf('pong'))
    await sides.flow()
    expect([listener.text, dialer.text]).toEqual(['ping', 'pong'])

    const closing = dialer.stream.close()
    await sides.flow()
    await closing
    expect(listener.isEnded).toBe(true)
    expect(dialer.isEnded).toBe(false)
    const closingBack = listener.stream.close()
    await sides.flow()
    await closingBack
    expect(dialer.isEnded).toBe(true)
    expect([dialer.stream.end, listener.stream.end]).toEqual(['finished', 'finished'])
    expect([dialer.closed, listener.closed]).toEqual([{ error: undefined }, { error: undefined }])
  })

  test('sends what is written together in frames that are as full as possible', async () => {
    sides = new TwoSides()
    const { dialer, listener, link } = await sides.open()
    const before = link.dialer.sent.length
    for (let count = 0; count < 128; count += 1) dialer.stream.send(new Uint8Array(1024).fill(count))
    await settle()
    const frames = link.dialer.sent.slice(before).map(({ byteLength }) => byteLength - DATA_HEADER_BYTES)
    expect(frames).toEqual([FULL_DATA_BYTES, FULL_DATA_BYTES, 128 * 1024 - 2 * FULL_DATA_BYTES])
    dialer.stream.send(new Uint8Array(MAX_DATA_BYTES))
    await settle()
    expect(link.dialer.sent.length).toBe(before + 4)
    await sides.flow()
    expect(listener.bytes.subarray(0, 128 * 1024)).toEqual(
      Uint8Array.from({ length: 128 * 1024 }, (_, index) => index >> 10),
    )
  })

  test('sends what was written before its end, and its end after it', async () => {
    sides = new TwoSides()
    const { dialer, listener } = await sides.open()
    dialer.stream.send(bytesOf('last words'))
    const closing = dialer.stream.close()
    await sides.flow()
    await closing
    expect([listener.text, listener.isEnded]).toEqual(['last words', true])
  })

  test('continues over another carrier after a loss, with every byte once', async () => {
    sides = new TwoSides()
    const { dialer, listener, link } = await sides.open()
    dialer.stream.send(bytesOf('one '))
    await sides.flow()
    dialer.stream.send(bytesOf('two '))
    listener.stream.send(bytesOf('three '))
    await settle()
    link.cut()
    dialer.stream.send(bytesOf('four'))
    await until('the stream to be resumed', async () => {
      await sides.flow()
      return listener.text === 'one two four' && dialer.text === 'three '
    })
    expect(listener.isEnded || dialer.isEnded).toBe(false)
    expect([dialer.stream.end, listener.stream.end]).toEqual([undefined, undefined])
  })

  test('is resumed by the other side if only that side notices the loss', async () => {
    sides = new TwoSides()
    const { dialer, listener, link } = await sides.open()
    dialer.stream.send(bytesOf('lost on the way'))
    await settle()
    link.cut('listener')
    await until('the stream to be resumed', async () => {
      await sides.flow()
      return listener.text === 'lost on the way'
    })
    expect(dialer.stream.epoch).toBe(1)
  })

  test('moves to a better link, and closes the previous one', async () => {
    sides = new TwoSides()
    const { dialer, listener, link } = await sides.open()
    dialer.stream.send(bytesOf('a'))
    const better = sides.carrier()
    const moving = sides.dialer.migrate(dialer.stream, better.dialer)
    dialer.stream.send(bytesOf('b'))
    await settle()
    await better.flow()
    await moving
    dialer.stream.send(bytesOf('c'))
    listener.stream.send(bytesOf('d'))
    await sides.flow()
    expect([listener.text, dialer.text]).toEqual(['abc', 'd'])
    expect(dialer.stream.carrier).toBe(better.dialer)
    expect(listener.stream.carrier).toBe(better.listener)
    expect([link.dialer.status, link.listener.status]).not.toContain('open')
  })

  test('ends immediately if the other side has forgotten it', async () => {
    sides = new TwoSides()
    const { dialer, listener, link } = await sides.open()
    listener.stream.abort(new Error('the process was restarted'))
    link.cut()
    await until('the end', async () => {
      await sides.flow()
      return dialer.closed !== undefined
    })
    expect(dialer.isEnded).toBe(false)
    expect(dialer.stream.end).toBe('reset')
  })

  test('ends as lost if no link is found in time, never with EOF', async () => {
    sides = new TwoSides({ resumeTimeoutMs: 50 })
    const { dialer, listener, link } = await sides.open()
    sides.isReachable = false
    link.cut()
    await until('both ends', async () => dialer.closed !== undefined && listener.closed !== undefined)
    expect([dialer.stream.end, listener.stream.end]).toEqual(['lost', 'lost'])
    expect([dialer.isEnded, listener.isEnded]).toEqual([false, false])
  })
})
