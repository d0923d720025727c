import { expect, test } from 'vitest'
import { tableText } from '../../bench/harness/markdown.ts'
import { plotText } from '../../bench/harness/plot.ts'
import { comparison, figure, ratioGoal } from '../../bench/harness/report.ts'

const LINE = {
  label: '1 KiB',
  samples: new Map([
    ['ours', [20, 30, 40]],
    ['theirs', [10, 10, 10]],
  ]),
}

test('numbers have three digits and no exponent', () => {
  expect([0.000_123_456, 1.234_56, 45.678, 1_234_567].map(figure)).toEqual([
    '0.000123',
    '1.23',
    '45.7',
    '1,234,567',
  ])
  expect(figure(NaN)).toBe('–')
})

test('a comparison has medians, quartiles and the ratios of the rounds', () => {
  expect(tableText(comparison('Throughput', 'MB/s', [LINE]))).toBe(
    `**Throughput, MB/s**

|       | ours       | theirs     | ours ÷ theirs |
| ----- | ---------: | ---------: | ------------: |
| 1 KiB | 30 (25–35) | 10 (10–10) | 3 (2.5–3.5)   |`,
  )
})

test('the median of the ratios decides whether a goal is reached', () => {
  expect(ratioGoal('speed', LINE, ['ours', 'theirs'], 'at least', 3)).toEqual({
    what: 'speed',
    wanted: 'at least 3 of theirs',
    got: '3',
    reached: true,
  })
  expect(ratioGoal('time', LINE, ['ours', 'theirs'], 'at most', 2).reached).toBe(false)
})

test('a plot is an SVG document with a line for each series', () => {
  const text = plotText({
    name: 'x',
    title: 'a < b & c',
    x: 'bytes',
    y: 'MB/s',
    series: [
      {
        name: 'ours',
        points: [
          [1, 1],
          [100, 10],
        ],
      },
      {
        name: 'theirs',
        points: [
          [1, 2],
          [100, 5],
        ],
      },
    ],
  })
  expect(text).toContain('a &lt; b &amp; c')
  expect(text.match(/<polyline/gu)).toHaveLength(2)
  expect(text).not.toMatch(/NaN|undefined/u)
})
