import type { ClientPeer } from '../../relay/index.ts'
import type { TcpServiceStatus } from '../../status/index.ts'
import { serveForward } from './forward.ts'
import type { AllowedPeers, ForwardSpec, TunnelSpec } from './specs.ts'
import type { TcpService } from './tcp-service.ts'
import { Tunnel } from './tunnel.ts'

/** What the command line asks to forward. */
export interface ForwardingInit {
  forwards: readonly ForwardSpec[]
  /** The peers that may use the forwards. */
  allowed: AllowedPeers
  tunnels: readonly TunnelSpec[]
}

/** The forwards and tunnels of the Node build, from the start of its peer to the end of the program. */
export class Forwarding {
  readonly #init: ForwardingInit
  readonly #warn: (line: string) => void
  readonly #forwards: TcpService[] = []
  readonly #tunnels: Tunnel[] = []
  #started: Promise<void> | undefined

  /** `warn` takes lines for standard error. */
  constructor(init: ForwardingInit, warn: (line: string) => void) {
    this.#init = init
    this.#warn = warn
  }

  get statuses(): TcpServiceStatus[] {
    const services = [...this.#forwards, ...this.#tunnels.map(({ service }) => service)]
    return services.map(({ status }) => Object.assign({}, status))
  }

  /**
   * Serves the forwards and opens the tunnels' ports. Rejects with a CommandError if one of them can't. A
   * further call waits for the first one.
   */
  start(peer: ClientPeer): Promise<void> {
    return (this.#started ??= this.#start(peer))
  }

  /** Resets all connections and closes the tunnels' ports. */
  async stop(): Promise<void> {
    for (const forward of this.#forwards) forward.stop()
    await Promise.all(this.#tunnels.map((tunnel) => tunnel.stop()))
  }

  async #start(peer: ClientPeer): Promise<void> {
    const { forwards, tunnels, allowed } = this.#init
    for (const spec of forwards) this.#forwards.push(serveForward(peer, spec, allowed, this.#warn))
    for (const spec of tunnels) this.#tunnels.push(await Tunnel.open(peer, spec, this.#warn))
  }
}
