import { until } from '../../test/support/until.ts'

/** Milliseconds for which a number stays the same that has settled. */
const STEADY_MS = 2_000
/** Milliseconds between two looks at it: each asks other processes, which have work to do. */
const LOOK_MS = 250
const TIMEOUT_MS = 60_000

/** Waits until a number no longer changes, and gives it. `what` it is of, is said where it never settles. */
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
