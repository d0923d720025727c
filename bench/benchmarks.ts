import { browserToBrowser } from './browser-to-browser.ts'
import { browserToNode } from './browser-to-node.ts'
import type { Benchmark } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { hop } from './hop.ts'
import { mainThread } from './main-thread.ts'
import { reservations } from './reservations.ts'

const ALL: Benchmark<Scale>[] = [hop, browserToBrowser, browserToNode, mainThread, reservations]

/** All benchmarks, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark<Scale>[] = ALL
