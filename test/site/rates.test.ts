import { expect, test } from 'vitest'
import { HISTORY_SECONDS, Rates } from '../../src/site/rates.ts'

test('a rate covers the time since the last totals, and starts over for another peer', () => {
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

test('rates are kept for two minutes', () => {
  const rates = new Rates()
  for (let second = 0; second < 3 * HISTORY_SECONDS; second++) rates.add(second * 1_000, second, 0)
  expect(rates.columns[0]).toHaveLength(HISTORY_SECONDS + 1)
  expect(rates.columns[1]).toHaveLength(HISTORY_SECONDS + 1)
})
