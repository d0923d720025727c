import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startFirefox } from '../test/support/firefox.ts'
import { BENCHMARKS } from './benchmarks.ts'
import { describeMachine } from './harness/machine.ts'
import { reportText } from './harness/markdown.ts'
import { plotText } from './harness/plot.ts'
import type { Benchmark, Plot, Report } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { SCALES } from './harness/scale.ts'

/** Where the results are written. */
const DIRECTORY = join('docs', 'performance')

const USAGE = `npm run bench [-- NAME …] [-- --full] [-- --firefox]

Without names all of them, in under five minutes; --full takes longer. --firefox: in Firefox, those that it can run.

${BENCHMARKS.map(({ name, title }) => `  ${name.padEnd(20)} ${title}`).join('\n')}
`

const FLAGS: ReadonlySet<string> = new Set(['--full', '--trial', '--firefox'])
/** The suffix of the files with Firefox's figures. */
const FIREFOX = '-firefox'

/**
 * Runs the benchmarks that the arguments name, prints their tables and writes them to files; returns the exit
 * code.
 */
export async function runBenchmarks(argv: readonly string[]): Promise<number> {
  const names = argv.filter((argument) => !argument.startsWith('-'))
  const flags = argv.filter((argument) => argument.startsWith('-'))
  const unknown = [
    ...names.filter((name) => !BENCHMARKS.some((one) => one.name === name)),
    ...flags.filter((flag) => !FLAGS.has(flag)),
  ]
  if (unknown.length > 0) {
    process.stderr.write(`${unknown.join(', ')}: there is no such benchmark or option\n\n${USAGE}`)
    return 2
  }
  const scale = flags.includes('--full')
    ? SCALES.full
    : flags.includes('--trial')
      ? SCALES.trial
      : SCALES.quick
  const named = names.length === 0 ? BENCHMARKS : BENCHMARKS.filter(({ name }) => names.includes(name))
  const firefox = flags.includes('--firefox')
  const chosen = firefox ? named.filter(({ inFirefox }) => inFirefox).map(ofFirefox) : named
  for (const benchmark of chosen) {
    const startedMs = performance.now()
    process.stdout.write(`\n# ${benchmark.title}\n\n`)
    const report = await benchmark.run(scale)
    process.stdout.write(`${reportText(report)}\n\n${Math.round((performance.now() - startedMs) / 1000)} s\n`)
    if (scale.name !== 'trial') await write(benchmark, scale, report)
  }
  return 0
}

/** The same benchmark in Firefox, with files of its own. */
function ofFirefox(benchmark: Benchmark<Scale>): Benchmark<Scale> {
  const { inFirefox, about } = benchmark
  return {
    name: `${benchmark.name}${FIREFOX}`,
    title: `${benchmark.title}, in Firefox`,
    about,
    ...(inFirefox === undefined ? {} : { inFirefox }),
    run: async (scale) => {
      const { plots, ...report } = await benchmark.run(scale, () => startFirefox())
      return { ...report, plots: plots.map(inFirefoxFile) }
    },
  }
}

function inFirefoxFile({ name, title, x, y, series, scale }: Plot): Plot {
  const plot = { name: `${name}${FIREFOX}`, title: `${title}, in Firefox`, x, y, series }
  return scale === undefined ? plot : { ...plot, scale }
}

async function write(benchmark: Benchmark<Scale>, scale: Scale, report: Report): Promise<void> {
  const { name, title, about } = benchmark
  const [machine, ...versions] = describeMachine(name.endsWith(FIREFOX) ? 'Firefox' : 'Chromium')
  const command = name.endsWith(FIREFOX) ? `${name.replace(FIREFOX, '')} --firefox` : name
  const source = `\`npm run bench -- ${command}${scale.name === 'full' ? ' --full' : ''}\`: ${scale.rounds} rounds, medians with quartiles.`
  const lines = [
    `# ${title}`,
    about,
    reportText(report),
    source,
    [machine, ...versions].map((line) => `- ${line}`).join('\n'),
  ]
  await mkdir(DIRECTORY, { recursive: true })
  await writeFile(join(DIRECTORY, `${name}.md`), `${lines.join('\n\n')}\n`)
  for (const plot of report.plots) await writeFile(join(DIRECTORY, `${plot.name}.svg`), plotText(plot))
}
