import { expect, test } from 'vitest'
import { median, quantile, ratios, spread } from '../../bench/harness/statistics.ts'

test('the median is the middle value, or lies between the two middle ones of an even number', () => {
  expect(median([5, 1, 3])).toBe(3)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([])).toBeNaN()
})

test('quartiles are interpolated between neighbours', () => {
  expect(spread([1, 2, 3, 4, 5])).toEqual({ median: 3, low: 2, high: 4 })
  expect(quantile([10, 20], 0.99)).toBeCloseTo(19.9)
})

test('each round has its own ratio', () => {
  expect(ratios([2, 9], [1, 3])).toEqual([2, 3])
})
