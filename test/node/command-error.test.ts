import { expect, test } from 'vitest'
import { oneLine } from '../../src/node/command-error.ts'

test('any thrown value becomes one line, without the stacks that a message may contain', () => {
  expect(oneLine(new Error('two\r\nlines'))).toBe('two lines')
  expect(oneLine(new Error('failed:\n\n  /ip4/x: Error: no\n    at a (b.js:1)\n    at c\n'))).toBe(
    'failed: /ip4/x: Error: no',
  )
  expect(oneLine(new TypeError(''))).toBe('TypeError')
  expect(oneLine('a word')).toBe('a word')
  expect(oneLine(undefined)).toBe('undefined')
  expect(oneLine(new Error('x'.repeat(10_000))).length).toBeLessThan(1000)
})
