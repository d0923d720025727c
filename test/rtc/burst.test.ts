import { expect, test } from 'vitest'
import { BURST_MS, Burst, PROMPT_BYTES } from '../../src/rtc/burst.ts'

test('the first bytes of a burst go on at once, the rest at its end', () => {
  const burst = new Burst()
  expect(burst.waitMs(1000)).toBe(0)
  burst.add(PROMPT_BYTES - 1)
  expect(burst.waitMs(1001)).toBe(0)
  burst.add(1)
  expect(burst.waitMs(1001)).toBe(BURST_MS - 1)
  burst.add(100_000)
  expect(burst.waitMs(1003)).toBe(BURST_MS - 3)
})

test('at its end the next one begins, which owes the last one nothing', () => {
  const burst = new Burst()
  expect(burst.waitMs(0)).toBe(0)
  burst.add(PROMPT_BYTES)
  expect(burst.waitMs(BURST_MS)).toBe(0)
  burst.add(PROMPT_BYTES - 1)
  expect(burst.waitMs(2 * BURST_MS - 1)).toBe(0)
})

test('few bytes never wait, however many messages they are in', () => {
  const burst = new Burst()
  for (let ms = 0; ms < 100; ms += 0.1) {
    expect(burst.waitMs(ms)).toBe(0)
    burst.add(64)
  }
})
