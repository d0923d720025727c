import { until } from '../../test/support/until.ts'

/** A number has settled when it stays the same for so many milliseconds. */
const STEADY_MS = 2_000
/** Milliseconds between two samples, each of which makes other processes work. */
const LOOK_MS = 250
const TIMEOUT_MS = 60_000

/** Waits until a number no longer changes, and returns it. The error says `what` never settled. */
export async function steady(what: string, read: () => Promise<number>): Promise<number> {
  let value = await read()
  let sinceMs = performance.now()
  await until(
    `${what} to be steady`,
    async () => {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      const now = await read()
      if (now !== value) sinceMs = performance.now()
      value = now
      return performance.now() - sinceMs >= STEADY_MS
    },
    TIMEOUT_MS,
  )
  return value
}
