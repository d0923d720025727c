import { expect, test } from 'vitest'
import { formatBytes, formatCount, formatDuration } from '../../src/platform/format.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [9_949, '9.9 kB'],
  [9_960, '10 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [2_000_000_000_000_000, '2000 TB'],
])('%d bytes are formatted as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  [-3_000, '0 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [125_000, '2 min 5 s'],
  [3_600_000, '1 h'],
  [8_000_000, '2 h 13 min'],
  [200_000_000, '2 days'],
])('%d ms are formatted as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test('a count of one takes the singular', () => {
  expect([formatCount(0, 'file'), formatCount(1, 'file'), formatCount(2_000, 'entry', 'entries')]).toEqual([
    '0 files',
    '1 file',
    '2,000 entries',
  ])
})
