import type { MainThread } from './main-thread.ts'
import { MainThreadWatch } from './main-thread.ts'
import type { Address, World } from './pipe.ts'
import { serve } from './service.ts'
import type { Transfer } from './workload.ts'
import { ServedPipe } from './workload.ts'

/** What the harness calls in a page, whatever its world is. */
export class BenchPage {
  /**
   * In a page whose address ends in `#start`: starts automatically, and returns the milliseconds from the
   * navigation until it was ready, and until others could dial it.
   */
  readonly started: Promise<{ identifiedMs: number; dialableMs: number }> | undefined
  readonly #world: World
  #pipes: ServedPipe[] = []

  constructor(world: World) {
    this.#world = world
    if (location.hash === '#start') this.started = this.#start()
  }

  async #start(): Promise<{ identifiedMs: number; dialableMs: number }> {
    await this.#world.start()
    const identifiedMs = performance.now()
    await this.#world.dialable?.()
    return { identifiedMs, dialableMs: performance.now() }
  }

  start(): Promise<Address> {
    return this.#world.start()
  }

  serve(): Promise<void> {
    return this.#world.listen(serve)
  }

  /**
   * Opens pipes to an address, one after the other, in place of the existing ones; returns the milliseconds
   * of each.
   */
  async dial(address: Address, pipes = 1): Promise<number[]> {
    for (const pipe of this.#pipes.splice(0)) pipe.close()
    const times: number[] = []
    for (let count = 0; count < pipes; count++) {
      const start = performance.now()
      const pipe = await this.#world.dial(address)
      times.push(performance.now() - start)
      this.#pipes.push(new ServedPipe(pipe))
    }
    return times
  }

  /** See {@link ServedPipe.roundTrips}; on all pipes at once, with the batches of all of them. */
  async roundTrips(bytes: number, perBatch: number, batches: number): Promise<number[]> {
    const results = await Promise.all(this.#pipes.map((pipe) => pipe.roundTrips(bytes, perBatch, batches)))
    return results.flat()
  }

  /** Megabytes (of a million bytes) per second over all pipes together; each carries its share. */
  async throughput(transfer: Transfer): Promise<number> {
    const totalBytes = Math.ceil(transfer.totalBytes / this.#pipes.length)
    const start = performance.now()
    await Promise.all(this.#pipes.map((pipe) => pipe.transfer({ ...transfer, totalBytes })))
    return (totalBytes * this.#pipes.length) / (performance.now() - start) / 1000
  }

  /** How the main thread was disturbed during a transfer. */
  async watched(transfer: Transfer): Promise<MainThread> {
    const watch = new MainThreadWatch()
    await this.throughput(transfer)
    return watch.stop()
  }
}

/** What a benchmark asks of a page, wherever its peer runs. */
export type Bench = Pick<BenchPage, keyof BenchPage>

declare global {
  /** Set in a page of the benchmarks. */
  var bench: Bench
}
