/** Received bytes: a Uint8Array, or js-libp2p's list of them. */
export interface Chunk {
  readonly byteLength: number
  subarray(start?: number, end?: number): Uint8Array
}

/** A connection for bytes in both directions, of any kind: what all workloads run on. */
export interface Pipe {
  /**
   * Sends bytes without keeping the buffer. False means: they are on their way, but wait for `drain` before
   * sending more.
   */
  send(bytes: Uint8Array<ArrayBuffer>): boolean
  drain(): Promise<void>
  /** Called with everything that arrives from now on; earlier bytes wait for this call. */
  receive(taken: (chunk: Chunk) => void): void
  close(): void
  /**
   * Calls back with the reason once either end has ended the pipe, because whatever waits for bytes would
   * wait forever.
   */
  ended(told: (why: string) => void): void
}

/** How a peer is dialled. */
export interface Address {
  peer: string
  addrs: string[]
}

/** How a page or a process connects to others: one of the contestants. */
export interface World {
  /** Starts, and returns the address for others. */
  start(): Promise<Address>
  /** Settles when others can reach it, if that may take longer. */
  dialable?(): Promise<void>
  /** Passes each incoming pipe to `accepted`. */
  listen(accepted: (pipe: Pipe) => void): Promise<void>
  dial(address: Address): Promise<Pipe>
}

/** The protocol of the benchmarks, wherever protocols have names. */
export const BENCH_PROTOCOL = '/x/bench/1'
