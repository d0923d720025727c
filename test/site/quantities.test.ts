import { expect, test } from 'vitest'
import { bytesOf, countOf, durationOf } from '../../src/site/quantities.ts'
import { HISTORY_SECONDS, Rates } from '../../src/site/rates.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [9_949, '9.9 kB'],
  [9_960, '10 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [2_000_000_000_000_000, '2000 TB'],
])('%d bytes are %s', (bytes, words) => {
  expect(bytesOf(bytes)).toBe(words)
})

test.each([
  [-3, '0 s'],
  [59.4, '59 s'],
  [60, '1 min'],
  [125, '2 min 5 s'],
  [3_600, '1 h'],
  [8_000, '2 h 13 min'],
  [200_000, '2 days'],
])('%d seconds are %s', (seconds, words) => {
  expect(durationOf(seconds)).toBe(words)
})

test('what is counted is in the singular where it is one', () => {
  expect([countOf(0, 'file'), countOf(1, 'file'), countOf(2_000, 'entry', 'entries')]).toEqual([
    '0 files',
    '1 file',
    '2,000 entries',
  ])
})

test('a rate is what came since the last look, and another peer begins anew', () => {
  const rates = new Rates()
  rates.add(0, 100, 50)
  expect(rates.current).toEqual({ received: 0, sent: 0 })
  rates.add(500, 1_100, 50)
  expect(rates.current).toEqual({ received: 2_000, sent: 0 })
  rates.add(1_000, 10, 5)
  expect(rates.columns[0]).toHaveLength(1)
  rates.add(2_000, 20, 5)
  expect(rates.current).toEqual({ received: 10, sent: 0 })
})

test('rates are remembered for two minutes', () => {
  const rates = new Rates()
  for (let second = 0; second < 3 * HISTORY_SECONDS; second++) rates.add(second * 1_000, second, 0)
  expect(rates.columns[0]).toHaveLength(HISTORY_SECONDS + 1)
  expect(rates.columns[1]).toHaveLength(HISTORY_SECONDS + 1)
})
