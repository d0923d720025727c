import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NetworkConfig } from '../../src/relay/index.ts'
import { JUMPING_CLOCK } from './clock.ts'
import type { NodeBuild } from './node-build.ts'
import { LOCAL_MODE, startNodeBuild } from './node-build.ts'
import type { TcpProxy } from './tcp-proxy.ts'
import { startTcpProxy } from './tcp-proxy.ts'

/** A port of 127.0.0.1 where nobody listens. */
const NOBODY = 9

/**
 * A relay in a process of its own, with a key that outlives the process, and the path to it. Browsers get a
 * proxy's address, which stays the same over every restart.
 */
export class RelayProcess {
  readonly proxy: TcpProxy
  readonly #directory: string
  #build: NodeBuild | undefined
  #peer = ''
  /**
   * The addresses where it listens for peers itself, TCP and WebSocket, without `/p2p/…`. The last ones while
   * it is down.
   */
  #own: { tcp: string; webSocket: string } = { tcp: '', webSocket: '' }

  private constructor(proxy: TcpProxy, directory: string) {
    this.proxy = proxy
    this.#directory = directory
  }

  static async make(): Promise<RelayProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'relay-'))
    return new RelayProcess(await startTcpProxy(NOBODY), directory)
  }

  get isUp(): boolean {
    return this.#build !== undefined
  }

  /** Its peer ID; empty before its first start. */
  get peer(): string {
    return this.#peer
  }

  /** The address that browsers dial. */
  get address(): string {
    return `/ip4/127.0.0.1/tcp/${this.proxy.port}/ws/p2p/${this.#peer}`
  }

  /** The TCP address past the proxy. */
  get tcpAddress(): string {
    return `${this.#own.tcp}/p2p/${this.#peer}`
  }

  /** The origin of its site; empty while it is down. */
  get origin(): string {
    return this.#build?.origin ?? ''
  }

  get process(): NodeBuild['process'] | undefined {
    return this.#build?.process
  }

  /** Starts it, with additional flags. */
  async start(flags: readonly string[] = []): Promise<void> {
    const build = await startNodeBuild([...LOCAL_MODE, ...flags], this.#directory, {
      NODE_OPTIONS: JUMPING_CLOCK,
    })
    this.#build = build
    const { relays } = (await (await fetch(`${build.origin}/network.json`)).json()) as NetworkConfig
    const status = (await (await fetch(`${build.origin}/status.json`)).json()) as {
      peer?: { addresses: (string | { address: string })[] }
    }
    const listened = (status.peer?.addresses ?? []).map((one) =>
      typeof one === 'string' ? one : one.address,
    )
    const [webSocket, peer] = relays[0]?.split('/p2p/') ?? []
    const tcp = listened.find((address) => /\/tcp\/\d+$/.test(address))
    const port = Number(/\/tcp\/(\d+)\/ws$/.exec(webSocket ?? '')?.[1])
    if (webSocket === undefined || peer === undefined || tcp === undefined || !Number.isInteger(port))
      throw new Error(`the relay does not listen: ${JSON.stringify({ relays, listened })}`)
    this.#peer = peer
    this.#own = { tcp, webSocket }
    this.proxy.retarget(port)
  }

  /** Ends the process: by SIGKILL unless another signal is named. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const build = this.#build
    this.#build = undefined
    this.proxy.retarget(NOBODY)
    await build?.stop(signal)
  }

  async close(): Promise<void> {
    await this.stop()
    await this.proxy.close()
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
}
