import '../../src/relay/libp2p/steady-averages.ts'
import { runInThisContext } from 'node:vm'
import { AdaptiveTimeout } from '@libp2p/utils'
import { afterEach, expect, test } from 'vitest'
import { HOUR_MS, jumpClock } from '../support/clock.ts'

let jumpedMs = 0
afterEach(() => {
  runInThisContext(jumpClock(-jumpedMs))
  jumpedMs = 0
})

test.each([HOUR_MS, -HOUR_MS])(
  "js-libp2p's timeouts don't change when the clock jumps by %i ms, between two pings or during one",
  (byMs) => {
    const timeouts = new AdaptiveTimeout()
    const ping = (during: () => void): number => {
      const signal = timeouts.getTimeoutSignal()
      during()
      timeouts.cleanUp(signal)
      return signal.timeout
    }
    const jump = (): void => {
      runInThisContext(jumpClock(byMs))
      jumpedMs += byMs
    }
    const usualMs = ping(() => undefined)
    jump()
    for (let times = 0; times < 3; times++) expect(ping(() => undefined)).toBe(usualMs)
    ping(jump)
    // The longest time until that ping is forgotten.
    expect(ping(() => undefined)).toBeLessThanOrEqual(60_000)
  },
)
