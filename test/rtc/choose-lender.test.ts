import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LenderView } from '../../src/rtc/index.ts'
import { chooseLender, DEFAULT_LENDER_BUDGET } from '../../src/rtc/index.ts'

const tab: LenderView = { visible: true, ageMs: 600_000, connections: 0, made: 0, spent: false }

test('without an able tab none is chosen', () => {
  expect(chooseLender([])).toBeUndefined()
  expect(chooseLender([{ ...tab, spent: true }])).toBeUndefined()
})

test.each<[string, Partial<LenderView>, Partial<LenderView>]>([
  ['a tab within its budget before one over it', { visible: false }, { made: DEFAULT_LENDER_BUDGET }],
  ['a visible tab before a hidden one', { ageMs: 0, connections: 9 }, { visible: false }],
  ['an old tab before a new one', { connections: 9 }, { ageMs: 1000 }],
  ['of two tabs of the same age, the one with fewer connections', { ageMs: 590_000 }, { connections: 1 }],
])('%s', (_title, better, worse) => {
  const one = { ...tab, ...better }
  const other = { ...tab, ...worse }
  expect(chooseLender([one, other])).toBe(one)
  expect(chooseLender([other, one])).toBe(one)
})

const anyTab = fc.record<LenderView>({
  visible: fc.boolean(),
  ageMs: fc.nat(),
  connections: fc.nat(300),
  made: fc.nat(600),
  spent: fc.boolean(),
})

test('the chosen tab is one of the candidates, never an exhausted one, and one is chosen if any is able', () => {
  fc.assert(
    fc.property(fc.array(anyTab), (tabs) => {
      const chosen = chooseLender(tabs)
      if (chosen === undefined) return tabs.every(({ spent }) => spent)
      return tabs.includes(chosen) && !chosen.spent
    }),
  )
})
