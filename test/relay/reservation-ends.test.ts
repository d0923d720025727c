import { runInThisContext } from 'node:vm'
import { afterEach, expect, test } from 'vitest'
import { ReservationEnds } from '../../src/relay/reservations/reservation-ends.ts'
import { HOUR_MS, jumpClock } from '../support/clock.ts'

const MINUTE_MS = 60_000

let jumpedMs = 0
afterEach(() => {
  runInThisContext(jumpClock(-jumpedMs))
  jumpedMs = 0
})

test.each([HOUR_MS, -HOUR_MS])(
  'a reservation lasts as long as before when the wall clock jumps by %i ms',
  (byMs) => {
    const ends = new ReservationEnds()
    const endMs = Date.now() + 10 * MINUTE_MS
    const beforeMs = ends.remainingMs('relay', endMs)
    runInThisContext(jumpClock(byMs))
    jumpedMs = byMs
    const afterMs = ends.remainingMs('relay', endMs)
    expect(beforeMs - afterMs).toBeGreaterThanOrEqual(0)
    expect(beforeMs - afterMs).toBeLessThan(5 * MINUTE_MS)
    // A renewed reservation has another end.
    expect(ends.remainingMs('relay', Date.now() + 20 * MINUTE_MS)).toBeGreaterThan(15 * MINUTE_MS)
  },
)
