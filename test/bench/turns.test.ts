import { expect, test } from 'vitest'
import { takeTurns } from '../../bench/harness/turns.ts'

test('contestants take turns, and the first round warms up', async () => {
  const turns: string[] = []
  const contestant = (name: string) => ({
    name,
    async measure(round: number) {
      turns.push(name)
      return round
    },
  })
  const samples = await takeTurns([contestant('A'), contestant('B')], 2)
  expect(turns.join(' ')).toBe('A B A B A B')
  expect([...samples]).toEqual([
    ['A', [1, 2]],
    ['B', [1, 2]],
  ])
})
