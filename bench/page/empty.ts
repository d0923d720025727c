import { BenchPage } from './bench-page.ts'
import type { World } from './pipe.ts'

/** A page that does nothing: the cost of any page. */
const world: World = {
  start: async () => ({ peer: '', addrs: [] }),
  listen: async () => undefined,
  dial: () => Promise.reject(new Error('there is nobody to dial')),
}

globalThis.bench = new BenchPage(world)
