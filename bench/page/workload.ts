import type { Pipe } from './pipe.ts'
import { encodeRequest, feed } from './service.ts'

/** One direction of a transfer, as seen by the end that asks for it. */
export type Direction = 'up' | 'down'

export interface Transfer {
  direction: Direction
  messageBytes: number
  totalBytes: number
}

/** A pipe that {@link serve} serves at its other end. */
export class ServedPipe {
  readonly #pipe: Pipe
  #awaited = 0
  #arrived: () => void = () => undefined
  /** Why the pipe ended; pending work fails with this reason. */
  #end: Error | undefined
  #fail: (error: Error) => void = () => undefined

  constructor(pipe: Pipe) {
    this.#pipe = pipe
    pipe.receive((chunk) => {
      this.#awaited -= chunk.byteLength
      if (this.#awaited <= 0) this.#arrived()
    })
    pipe.ended((why) => {
      this.#end = new Error(`the pipe ended: ${why}`)
      this.#fail(this.#end)
    })
  }

  /**
   * The milliseconds of one round trip, once for each batch: the mean of so many consecutive ones, because a
   * page's clock is too coarse for one.
   */
  async roundTrips(bytes: number, perBatch: number, batches: number): Promise<number[]> {
    this.#checkEnd()
    this.#pipe.send(encodeRequest({ kind: 'echo', totalBytes: bytes * perBatch * batches }))
    const message = new Uint8Array(bytes)
    const results: number[] = []
    for (let batch = 0; batch < batches; batch++) {
      const start = performance.now()
      for (let count = 0; count < perBatch; count++) {
        const arrived = this.#await(bytes)
        this.#pipe.send(message)
        await arrived
      }
      results.push((performance.now() - start) / perBatch)
    }
    return results
  }

  /**
   * The milliseconds from the first byte that is sent, or asked for, until this end knows that the last one
   * has arrived.
   */
  async transfer({ direction, messageBytes, totalBytes }: Transfer): Promise<number> {
    this.#checkEnd()
    const start = performance.now()
    const request = direction === 'up' ? ({ kind: 'sink', totalBytes } as const) : undefined
    const arrived = this.#await(direction === 'up' ? 1 : totalBytes)
    this.#pipe.send(encodeRequest(request ?? { kind: 'feed', totalBytes, messageBytes }))
    await Promise.all([arrived, direction === 'up' ? feed(this.#pipe, totalBytes, messageBytes) : undefined])
    return performance.now() - start
  }

  close(): void {
    this.#pipe.close()
  }

  #checkEnd(): void {
    if (this.#end !== undefined) throw this.#end
  }

  #await(bytes: number): Promise<void> {
    this.#awaited = bytes
    return new Promise((resolve, reject) => {
      this.#arrived = resolve
      this.#fail = reject
    })
  }
}
