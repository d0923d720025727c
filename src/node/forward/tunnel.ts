import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import type { ClientPeer } from '../../relay/index.ts'
import { timeoutSignal } from '../../relay/index.ts'
import { CommandError, oneLine } from '../command-error.ts'
import type { TunnelSpec } from './specs.ts'
import { endpointText } from './specs.ts'
import { TcpService } from './tcp-service.ts'

/** Milliseconds to reach the peer. */
const DIAL_TIMEOUT_MS = 30_000

/** A TCP listener whose connections go to a protocol of another peer. */
export interface Tunnel {
  readonly service: TcpService
  stop(): Promise<void>
}

/**
 * Listens on a local port. Each TCP connection becomes a stream to the peer; if the peer can't be reached,
 * the connection is reset and `warn` gets a line that says why.
 *
 * @throws CommandError `failed` if the port can't be listened on
 */
export async function openTunnel(
  peer: ClientPeer,
  { listen, target, protocol }: TunnelSpec,
  warn: (line: string) => void,
): Promise<Tunnel> {
  const stopped = new AbortController()
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => void carry(socket))
  const endpoint = endpointText({ host: listen.host, port: await listening(server, listen) })
  const service = new TcpService({ kind: 'tunnel', protocol, endpoint, peer: target.peer }, warn)
  return {
    service,
    stop: async () => {
      stopped.abort(new Error('the program was stopped'))
      service.stop()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  async function carry(socket: Socket): Promise<void> {
    const gone = new AbortController()
    const leave = (): void => gone.abort(new Error('the TCP connection was closed'))
    socket.once('close', leave)
    socket.on('error', leave)
    const place = service.take(target.peer)
    if (typeof place === 'string') {
      socket.resetAndDestroy()
      return service.failed(place)
    }
    const timeout = timeoutSignal(DIAL_TIMEOUT_MS)
    const signal = AbortSignal.any([gone.signal, stopped.signal, timeout])
    try {
      const deadlineMs = performance.now() + DIAL_TIMEOUT_MS
      const request = { client: service, target, protocol, relay: '', lasting: true, deadlineMs }
      const opened = await peer.dial(request, signal)
      if (signal.aborted) opened.stream.abort(new Error(oneLine(signal.reason)))
      signal.throwIfAborted()
      service.join(place, opened, socket)
    } catch (error) {
      service.giveBack(place, oneLine(error))
      socket.resetAndDestroy()
    }
  }
}

/** Resolves to the port once the server listens. */
async function listening(server: Server, { host, port }: TunnelSpec['listen']): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, resolve)
    })
  } catch (error) {
    throw new CommandError('failed', `-tunnel ${endpointText({ host, port })}: ${oneLine(error)}`, {
      cause: error,
    })
  }
  return (server.address() as AddressInfo).port
}
