import '../../support/polyfill.ts'
import { describe, expect, test } from 'vitest'
import { BENCHMARKS } from '../../../bench/benchmarks.ts'
import { reportText } from '../../../bench/harness/markdown.ts'
import { plotText } from '../../../bench/harness/plot.ts'
import { SCALES } from '../../../bench/harness/scale.ts'

// On tiny input, to know that each works: no figure is looked at.
describe('the benchmarks', () => {
  test.each(BENCHMARKS.map((benchmark) => [benchmark.name, benchmark] as const))(
    '%s gives a figure in every place',
    async (_, benchmark) => {
      const report = await benchmark.run(SCALES.trial)
      expect(report.tables).not.toEqual([])
      for (const { columns, rows } of report.tables) {
        for (const row of rows) expect(row.length).toBe(columns.length)
      }
      expect(reportText(report)).not.toMatch(/NaN|undefined|Infinity/u)
      for (const plot of report.plots) expect(plotText(plot)).not.toMatch(/NaN|undefined|Infinity/u)
    },
  )
})
