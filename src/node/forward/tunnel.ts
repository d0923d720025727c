import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import type { ClientPeer, OpenedStream } from '../../relay/index.ts'
import { timeoutSignal } from '../../relay/index.ts'
import { CommandError, oneLine } from '../command-error.ts'
import type { TunnelSpec } from './specs.ts'
import { endpointText } from './specs.ts'
import { TcpService } from './tcp-service.ts'

/** Milliseconds to reach the peer. */
const DIAL_TIMEOUT_MS = 30_000

/**
 * A local port whose TCP connections go to a protocol of another peer. If the peer can't be reached, the
 * connection is reset, and standard error says why.
 */
export class Tunnel {
  readonly service: TcpService
  readonly #peer: ClientPeer
  readonly #spec: TunnelSpec
  readonly #server: Server
  readonly #stopped = new AbortController()

  private constructor(peer: ClientPeer, spec: TunnelSpec, server: Server, warn: (line: string) => void) {
    const { protocol, target, listen } = spec
    const { port } = server.address() as AddressInfo
    const endpoint = endpointText({ host: listen.host, port })
    this.#peer = peer
    this.#spec = spec
    this.#server = server
    this.service = new TcpService({ kind: 'tunnel', protocol, endpoint, peer: target.peer }, warn)
    server.on('connection', (socket) => void this.#carry(socket))
  }

  /**
   * Listens on the port. `warn` takes lines for standard error.
   *
   * @throws CommandError `failed` if the port can't be listened on
   */
  static async open(peer: ClientPeer, spec: TunnelSpec, warn: (line: string) => void): Promise<Tunnel> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(spec.listen, resolve)
      })
    } catch (error) {
      const message = `-tunnel ${endpointText(spec.listen)}: ${oneLine(error)}`
      throw new CommandError('failed', message, { cause: error })
    }
    return new Tunnel(peer, spec, server, warn)
  }

  /** Resets all connections and closes the port. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Error('the program was stopped'))
    this.service.stop()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #carry(socket: Socket): Promise<void> {
    const gone = new AbortController()
    const leave = (): void => gone.abort(new Error('the TCP connection was closed'))
    socket.once('close', leave)
    socket.on('error', leave)
    const { peer } = this.#spec.target
    const refusal = this.service.refusalOf(peer)
    if (refusal !== undefined) {
      socket.resetAndDestroy()
      return this.service.failed(refusal)
    }
    const place = this.service.take(peer)
    try {
      this.service.join(place, await this.#dial(gone.signal), socket)
    } catch (error) {
      this.service.giveBack(place, oneLine(error))
      socket.resetAndDestroy()
    }
  }

  async #dial(gone: AbortSignal): Promise<OpenedStream> {
    const { target, protocol } = this.#spec
    const signal = AbortSignal.any([gone, this.#stopped.signal, timeoutSignal(DIAL_TIMEOUT_MS)])
    const deadlineMs = performance.now() + DIAL_TIMEOUT_MS
    const request = { client: this.service, target, protocol, relay: '', lasting: true, deadlineMs }
    const opened = await this.#peer.dial(request, signal)
    if (signal.aborted) opened.stream.abort(new Error(oneLine(signal.reason)))
    signal.throwIfAborted()
    return opened
  }
}
