/** Bytes that came: a Uint8Array, or js-libp2p's list of them. */
export interface Chunk {
  readonly byteLength: number
  subarray(start?: number, end?: number): Uint8Array
}

/** A way for bytes in both directions, whoever carries it: what all workloads run on. */
export interface Pipe {
  /**
   * Sends bytes, which it does not keep. False: they are on their way, but wait for `drain` before sending
   * more.
   */
  send(bytes: Uint8Array<ArrayBuffer>): boolean
  drain(): Promise<void>
  /** Called with all that comes from now on; what came before waits for it. */
  receive(taken: (chunk: Chunk) => void): void
  close(): void
  /**
   * Calls back once the pipe has ended, from whichever end, with why: what waits for bytes would wait for
   * ever.
   */
  ended(told: (why: string) => void): void
}

/** Where a peer is dialled. */
export interface Address {
  peer: string
  addrs: string[]
}

/** A page's, or a process's, way to others: one of the contestants. */
export interface World {
  /** Begins; where others reach it. */
  start(): Promise<Address>
  /** Settles when others can reach it, where that may take longer. */
  dialable?(): Promise<void>
  /** Gives each pipe that somebody opens to it to `accepted`. */
  listen(accepted: (pipe: Pipe) => void): Promise<void>
  dial(address: Address): Promise<Pipe>
}

/** The protocol of the benchmarks, on whatever names protocols. */
export const BENCH_PROTOCOL = '/x/bench/1'
