import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { BundledCommand } from '../../test/node/support/command-process.ts'
import { bundleCommand } from '../../test/node/support/command-process.ts'
import type { Request, Response } from './dht-peers.ts'
import { steady } from './steady.ts'

/**
 * The number of processes that share the peers. Each connection takes a file descriptor at both ends, and a
 * process has about 20,000.
 */
const MAX_PROCESSES = 4

/** A growing network of js-libp2p peers that serve one DHT, in a few processes. */
export class DhtNetwork {
  readonly #bundled: BundledCommand
  readonly #processes: ChildProcess[]
  /** The multiaddrs of the peers, the first one first. */
  readonly addresses: string[] = []

  private constructor(bundled: BundledCommand, processes: number) {
    this.#bundled = bundled
    this.#processes = Array.from({ length: processes }, () =>
      spawn(process.execPath, [bundled.path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    )
  }

  /** Starts a network that will have at most so many peers, with one. */
  static async start(peers: number): Promise<DhtNetwork> {
    const bundled = await bundleCommand('bench/node/dht-peers.ts')
    const network = new DhtNetwork(bundled, Math.min(MAX_PROCESSES, peers))
    await network.#begin(0)
    return network
  }

  /**
   * Starts peers until there are so many, one at a time in each process, and waits until they learn of no
   * others.
   */
  async growTo(peers: number): Promise<void> {
    let missing = peers - this.addresses.length
    await Promise.all(
      this.#processes.map(async (_, index) => {
        while (missing > 0) {
          missing -= 1
          await this.#begin(index)
        }
      }),
    )
    await steady('the routing tables of all peers', () => this.#entries())
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#processes.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const ended = once(child, 'exit')
        child.kill()
        await ended
      }),
    )
    await this.#bundled.remove()
  }

  async #begin(index: number): Promise<void> {
    const response = await this.#ask(index, { kind: 'begin', others: this.addresses })
    if (response.kind === 'begun') this.addresses.push(response.address)
  }

  /** The sum over all routing tables. */
  async #entries(): Promise<number> {
    const counts = await Promise.all(
      this.#processes.map(async (_, index) => {
        const response = await this.#ask(index, { kind: 'count' })
        return response.kind === 'counted' ? response.entries : 0
      }),
    )
    return counts.reduce((sum, count) => sum + count, 0)
  }

  async #ask(index: number, request: Request): Promise<Response> {
    const child = this.#processes[index]
    if (child === undefined) throw new Error(`there is no process ${index}`)
    const answered = new AbortController()
    const { signal } = answered
    try {
      const message = once(child, 'message', { signal })
      const exit = once(child, 'exit', { signal })
      child.send(request)
      const response = await Promise.race([
        message.then(([response]) => response as Response),
        exit.then((): Response => ({ kind: 'failed', reason: 'their process has ended' })),
      ])
      if (response.kind === 'failed') throw new Error(`the peers of the network: ${response.reason}`)
      return response
    } finally {
      answered.abort()
    }
  }
}
