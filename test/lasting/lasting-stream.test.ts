import '../support/polyfill.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { until } from '../support/until.ts'
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

  test('continues over another carrier after a loss, with every byte once', async () => {
    sides = new TwoSides()
    const { dialer, listener, link } = await sides.open()
    dialer.stream.send(bytesOf('one '))
    await sides.flow()
    dialer.stream.send(bytesOf('two '))
    listener.stream.send(bytesOf('three '))
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
