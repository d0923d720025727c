import { BenchPage } from './bench-page.ts'
import type { World } from './pipe.ts'

/** A page that does nothing: the cost of any page. */
const world: World = {
  start: async () => ({ peer: '', addrs: [] }),
  listen: async () => undefined,
  dial: () => Promise.reject(new Error('an empty page cannot dial')),
}

globalThis.bench = new BenchPage(world)
