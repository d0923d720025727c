import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ClockWatch } from '../../src/relay/reservations/clock-watch.ts'

const HOUR_MS = 3_600_000

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test.each([HOUR_MS, -HOUR_MS])('a jump of the clock by %i ms is noticed once, with its length', (byMs) => {
  const jumps: number[] = []
  const watch = new ClockWatch((jump) => jumps.push(jump))
  vi.advanceTimersByTime(60_000)
  expect(jumps).toEqual([])
  vi.setSystemTime(Date.now() + byMs)
  vi.advanceTimersByTime(60_000)
  expect(jumps).toEqual([byMs])
  watch.stop()
  vi.setSystemTime(Date.now() + byMs)
  vi.advanceTimersByTime(60_000)
  expect(jumps).toEqual([byMs])
})
