import type { TestBrowser } from '../../test/support/chromium.ts'
import type { Spread } from './statistics.ts'
import { ratios, spread } from './statistics.ts'

/** One table of a report; the cells are the displayed text. */
export interface Table {
  caption: string
  columns: readonly string[]
  rows: readonly (readonly string[])[]
}

/** One line of a plot. */
export interface Series {
  name: string
  points: readonly (readonly [x: number, y: number])[]
}

export interface Plot {
  /** The file's name without its extension. */
  name: string
  title: string
  x: string
  y: string
  series: readonly Series[]
  /** Logarithmic unless set otherwise. */
  scale?: { x?: 'linear' | 'log'; y?: 'linear' | 'log' }
}

/** A goal of the relay, and what was measured. */
export interface Goal {
  what: string
  /** `at least` or `at most`, and how much, in words. */
  wanted: string
  got: string
  reached: boolean
}

/** The results of one benchmark. */
export interface Report {
  tables: Table[]
  plots: Plot[]
  goals: Goal[]
}

/** One benchmark: `npm run bench -- name` runs it. */
export interface Benchmark<Scale> {
  name: string
  title: string
  /** What is measured, against what, and how: a paragraph of Markdown. */
  about: string
  /** Whether it can run in Firefox too. */
  inFirefox?: boolean
  /** `startBrowser` starts the browser to run it in; default Chromium. */
  run(scale: Scale, startBrowser?: () => Promise<TestBrowser>): Promise<Report>
}

/** Three significant digits, without an exponent. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

/** The median, followed by the quartiles. */
export function spreadText({ median, low, high }: Spread): string {
  return `${figure(median)} (${figure(low)}–${figure(high)})`
}

/** The samples of each contestant for one line of a table. */
export interface Compared {
  label: string
  samples: ReadonlyMap<string, readonly number[]>
}

/**
 * A table with the median and quartiles of each contestant, and the ratio of the first to each of the others:
 * the median of the rounds' ratios, with their quartiles.
 */
export function comparison(caption: string, unit: string, lines: readonly Compared[]): Table {
  const [first = '', ...others] = lines[0]?.samples.keys() ?? []
  return {
    caption: `${caption}, ${unit}`,
    columns: ['', first, ...others, ...others.map((name) => `${first} ÷ ${name}`)],
    rows: lines.map(({ label, samples }) => [
      label,
      ...[first, ...others].map((name) => spreadText(spread(samples.get(name) ?? []))),
      ...others.map((name) => spreadText(spread(ratios(samples.get(first) ?? [], samples.get(name) ?? [])))),
    ]),
  }
}

/**
 * Whether the first is at least (or at most) `times` as much as `than`, by the median of the rounds' ratios.
 */
export function ratioGoal(
  what: string,
  { samples }: Compared,
  [ours, theirs]: readonly [string, string],
  bound: 'at least' | 'at most',
  times: number,
): Goal {
  const { median } = spread(ratios(samples.get(ours) ?? [], samples.get(theirs) ?? []))
  const reached = bound === 'at least' ? median >= times : median <= times
  return {
    what,
    wanted: `${bound} ${figure(times)} of ${theirs}`,
    got: figure(median),
    reached,
  }
}
