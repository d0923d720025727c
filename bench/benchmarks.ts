import { browserToBrowser } from './browser-to-browser.ts'
import { browserToNode } from './browser-to-node.ts'
import { connect } from './connect.ts'
import { growth } from './growth.ts'
import type { Benchmark } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { hop } from './hop.ts'
import { lentStream } from './lent-stream.ts'
import { mainThread } from './main-thread.ts'
import { nodeBuild } from './node-build.ts'
import { profiles } from './profiles.ts'
import { reservations } from './reservations.ts'
import { start } from './start.ts'
import { tabs } from './tabs.ts'

/** All benchmarks, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark<Scale>[] = [
  hop,
  browserToBrowser,
  lentStream,
  browserToNode,
  mainThread,
  tabs,
  start,
  connect,
  nodeBuild,
  growth,
  profiles,
  reservations,
]
