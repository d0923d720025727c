import { browserToBrowser } from './browser-to-browser.ts'
import { browserToNode } from './browser-to-node.ts'
import type { Benchmark } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { hop } from './hop.ts'
import { mainThread } from './main-thread.ts'
import { nodeBuild } from './node-build.ts'
import { reservations } from './reservations.ts'

/** All benchmarks, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark<Scale>[] = [
  hop,
  browserToBrowser,
  browserToNode,
  mainThread,
  nodeBuild,
  reservations,
]
