// Loaded into a process before its own code, for `--import`. On SIGUSR2 it says on standard error how often V8 has looked through the
// whole heap since it said `rested`, then has it do what it does when a process rests after much work, and says `rested`. From then on V8
// lets the heap grow slowly.
import { Session } from 'node:inspector'
import { PerformanceObserver, constants } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'

/** Milliseconds without a collection after which V8 has done what it does; it begins with that after 50 ms instead of its 8 s. */
const REST_MS = 1000
setFlagsFromString('--gc-memory-reducer-start-delay-ms=50')

const inspector = new Session()
inspector.connect()
let collections = 0
/** @type {NodeJS.Timeout | undefined} */
let rest
/** @param {readonly object[]} entries */
const count = (entries) => {
  const kinds = entries.map((entry) => /** @type {{ detail: { kind: number } }} */ (entry).detail.kind)
  const more = kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MAJOR).length
  collections += more
  if (more > 0) rest?.refresh()
}
const observer = new PerformanceObserver((list) => count(list.getEntries()))
observer.observe({ entryTypes: ['gc'] })
process.on('SIGUSR2', () => {
  count(observer.takeRecords())
  process.stderr.write(`collections: ${collections}\n`)
  inspector.post('HeapProfiler.collectGarbage')
  rest = setTimeout(() => {
    count(observer.takeRecords())
    rest = undefined
    collections = 0
    process.stderr.write('rested\n')
  }, REST_MS)
})
