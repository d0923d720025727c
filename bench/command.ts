import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BENCHMARKS } from './benchmarks.ts'
import { describeMachine } from './harness/machine.ts'
import { reportText } from './harness/markdown.ts'
import { plotText } from './harness/plot.ts'
import type { Benchmark, Report } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { SCALES } from './harness/scale.ts'

/** Where the results go. */
const DIRECTORY = join('docs', 'performance')

const USAGE = `npm run bench [-- NAME …] [-- --full]

Without names all of them, in under five minutes; --full takes longer and is what the figures in docs/performance are from.

${BENCHMARKS.map(({ name, title }) => `  ${name.padEnd(20)} ${title}`).join('\n')}
`

/** Runs the benchmarks that the arguments name, prints their tables and writes them; gives the exit code. */
export async function runBenchmarks(argv: readonly string[]): Promise<number> {
  const names = argv.filter((argument) => !argument.startsWith('-'))
  const flags = argv.filter((argument) => argument.startsWith('-'))
  const unknown = [
    ...names.filter((name) => !BENCHMARKS.some((one) => one.name === name)),
    ...flags.filter((flag) => flag !== '--full' && flag !== '--trial'),
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
  const chosen = names.length === 0 ? BENCHMARKS : BENCHMARKS.filter(({ name }) => names.includes(name))
  for (const benchmark of chosen) {
    const startedMs = performance.now()
    process.stdout.write(`\n# ${benchmark.title}\n\n`)
    const report = await benchmark.run(scale)
    process.stdout.write(`${reportText(report)}\n\n${Math.round((performance.now() - startedMs) / 1000)} s\n`)
    if (scale.name !== 'trial') await write(benchmark, scale, report)
  }
  return 0
}

async function write(benchmark: Benchmark<Scale>, scale: Scale, report: Report): Promise<void> {
  const { name, title, about } = benchmark
  const [machine, ...versions] = describeMachine()
  const source = `\`npm run bench -- ${name}${scale.name === 'full' ? ' --full' : ''}\`: ${scale.rounds} rounds, medians with quartiles.`
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
