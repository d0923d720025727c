import { expect, test } from 'vitest'
import { nextPauseMs } from '../../examples/shared/redial.ts'

/** The pauses between attempts whose links lasted so many milliseconds each. */
function pauses(heldMs: number[]): number[] {
  let pauseMs = 0
  return heldMs.map((held) => (pauseMs = nextPauseMs(pauseMs, held)))
}

test('pauses grow up to a limit while the host is unreachable or rejects the guest', () => {
  expect(pauses([0, 0, 50, 50, 50, 50])).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
})

test('a connection that lasted is reopened soon', () => {
  expect(pauses([0, 0, 0, 60_000, 0])).toEqual([1_000, 2_000, 4_000, 1_000, 2_000])
})
