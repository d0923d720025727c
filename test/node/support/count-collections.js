// Loaded into a process before its own code, by `--import`. On SIGUSR2 it reports on standard error how often
// V8 has collected the whole heap since the last `rested`, makes V8 do what it does in a process that is idle
// after much work, and prints `rested`. From then on V8 lets the heap grow slowly.
import { Session } from 'node:inspector'
import { PerformanceObserver, constants } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'

/**
 * Milliseconds without a collection after which V8 is done; it starts after 50 ms here, not its usual 8 s.
 */
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
