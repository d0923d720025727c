import { channelCases } from './channel-cases.ts'
import { dataCases } from './data-cases.ts'
import { errorCases } from './error-cases.ts'
import { signallingCases } from './signalling-cases.ts'
import type { Case, Side } from './support.ts'
import { Bench } from './support.ts'

/** The cases, by title, that both the browser's own classes and the borrowed ones must pass. */
export const cases: Record<string, Case> = {
  ...signallingCases,
  ...channelCases,
  ...dataCases,
  ...errorCases,
}

/** Runs one case: `ok`, or what went wrong. */
export async function runCase(title: string, a: Side, b: Side): Promise<string> {
  const run = cases[title]
  if (run === undefined) return `there is no case "${title}"`
  const bench = new Bench(a, b)
  try {
    await run(bench)
    return 'ok'
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  } finally {
    bench.close()
  }
}
