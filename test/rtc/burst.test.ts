import { expect, test } from 'vitest'
import { BURST_MS, Burst, PROMPT_BYTES, STREAM_BYTES, STREAM_GAP_MS } from '../../src/rtc/pump/burst.ts'

test('the first bytes of a burst are forwarded immediately, the rest at its end', () => {
  const burst = new Burst()
  expect(burst.waitMs(1000)).toBe(0)
  burst.add(PROMPT_BYTES - 1, 1000)
  expect(burst.waitMs(1001)).toBe(0)
  burst.add(1, 1001)
  expect(burst.waitMs(1001)).toBe(BURST_MS - 1)
  burst.add(100_000, 1002)
  expect(burst.waitMs(1003)).toBe(BURST_MS - 3)
})

test('at the end of a burst the next one begins, with its full allowance', () => {
  const burst = new Burst()
  expect(burst.waitMs(0)).toBe(0)
  burst.add(PROMPT_BYTES, 0)
  expect(burst.waitMs(BURST_MS)).toBe(0)
  burst.add(PROMPT_BYTES - 1, BURST_MS)
  expect(burst.waitMs(2 * BURST_MS - 1)).toBe(0)
})

test('few bytes never wait, however many messages they are in', () => {
  const burst = new Burst()
  for (let ms = 0; ms < 100; ms += 0.1) {
    expect(burst.waitMs(ms)).toBe(0)
    burst.add(64, ms)
  }
})

test('a wait is in whole milliseconds, and not over before the burst is', () => {
  const burst = new Burst()
  expect(burst.waitMs(0.3)).toBe(0)
  burst.add(PROMPT_BYTES, 0.3)
  expect(burst.waitMs(0.9)).toBe(BURST_MS)
  expect(burst.waitMs(4.2)).toBe(1)
})

test('while a stream runs nothing is forwarded immediately until it has paused', () => {
  const burst = new Burst()
  burst.waitMs(0)
  // Even if the timer is late at the end of a burst: only the time since the last forwarded bytes counts.
  for (const goneAtMs of [BURST_MS, 3 * BURST_MS, 5 * BURST_MS]) {
    burst.add(STREAM_BYTES, goneAtMs)
    expect(burst.waitMs(goneAtMs + STREAM_GAP_MS / 2)).toBe(BURST_MS)
  }
  burst.add(STREAM_BYTES, 7 * BURST_MS)
  expect(burst.waitMs(7 * BURST_MS + STREAM_GAP_MS)).toBe(0)
})

test('answers one millisecond after their requests are not a stream, however large they are', () => {
  const burst = new Burst()
  for (let ms = 0; ms < 100; ms += BURST_MS + STREAM_GAP_MS) {
    expect(burst.waitMs(ms)).toBe(0)
    burst.add(10 * STREAM_BYTES, ms + BURST_MS)
  }
})

test("after a stream one message waits, and later ones that arrive immediately don't if each is below 32 KiB", () => {
  const burst = new Burst()
  burst.waitMs(0)
  burst.add(STREAM_BYTES, BURST_MS)
  expect(burst.waitMs(BURST_MS)).toBe(BURST_MS)
  for (let round = 2; round < 10; round++) {
    burst.add(STREAM_BYTES - 1, round * BURST_MS)
    expect(burst.waitMs(round * BURST_MS)).toBe(0)
  }
})
