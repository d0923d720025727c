import '../../support/polyfill.ts'
import { describe, expect, test } from 'vitest'
import { BENCHMARKS } from '../../../bench/benchmarks.ts'
import { reportText } from '../../../bench/harness/markdown.ts'
import { plotText } from '../../../bench/harness/plot.ts'
import { SCALES } from '../../../bench/harness/scale.ts'
import { startFirefox } from '../../support/firefox.ts'
import { isInstalled } from '../../support/installed-browsers.js'

// On tiny input, to see that each of them works; the figures don't matter.
describe('the benchmarks', () => {
  const inFirefox = BENCHMARKS.filter(({ inFirefox }) => inFirefox && isInstalled({ name: 'Firefox' }))
  test.each([
    ...BENCHMARKS.map((benchmark) => [benchmark.name, benchmark, undefined] as const),
    ...inFirefox.map((benchmark) => [`${benchmark.name} in Firefox`, benchmark, startFirefox] as const),
  ])('%s fills every cell of its table', async (_, benchmark, startBrowser) => {
    const report = await benchmark.run(
      SCALES.trial,
      startBrowser === undefined ? undefined : () => startBrowser(),
    )
    expect(report.tables).not.toEqual([])
    for (const { columns, rows } of report.tables) {
      for (const row of rows) expect(row.length).toBe(columns.length)
    }
    expect(reportText(report)).not.toMatch(/NaN|undefined|Infinity/u)
    for (const plot of report.plots) expect(plotText(plot)).not.toMatch(/NaN|undefined|Infinity/u)
  })
})
