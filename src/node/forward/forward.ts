import { connect } from 'node:net'
import type { ClientPeer, OpenedStream } from '../../relay/index.ts'
import { CommandError } from '../command-error.ts'
import type { AllowedPeers, ForwardSpec } from './specs.ts'
import { endpointText } from './specs.ts'
import { TcpService } from './tcp-service.ts'

/** Milliseconds that the TCP service has to accept a connection. */
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Serves a protocol of this peer: each stream of an allowed peer becomes a connection to a TCP service.
 * `warn` takes lines for standard error.
 *
 * @throws CommandError `failed` if a client or libp2p already serves the protocol
 */
export function serveForward(
  peer: ClientPeer,
  { protocol, to }: ForwardSpec,
  allowed: AllowedPeers,
  warn: (line: string) => void,
): TcpService {
  if (peer.listeners.has(protocol)) {
    throw new CommandError(
      'failed',
      `-forward ${protocol}: a page or libp2p itself already serves this protocol`,
    )
  }
  const service = new TcpService({ kind: 'forward', protocol, endpoint: endpointText(to) }, warn)
  peer.listeners.add(protocol, {
    lasting: true,
    accept: (stream, remote, link) => accept({ stream, link }, remote),
  })
  return service

  function accept(opened: OpenedStream, remote: string): void {
    const refuse = (why: string): void => {
      opened.stream.abort(new Error(why))
      service.failed(`refused ${remote}: ${why}`)
    }
    if (allowed !== 'any' && !allowed.has(remote))
      return refuse('it is not among the peers given with -allow')
    const refusal = service.refusalOf(remote)
    if (refusal !== undefined) return refuse(refusal)
    // What the peer sends before the service has accepted is queued, up to the socket's high-water mark.
    const socket = connect({ ...to, allowHalfOpen: true })
    const timer = setTimeout(() => {
      socket.destroy(new Error(`${endpointText(to)} did not accept it within ${CONNECT_TIMEOUT_MS / 1000} s`))
    }, CONNECT_TIMEOUT_MS)
    socket.once('connect', () => clearTimeout(timer))
    socket.once('close', () => clearTimeout(timer))
    service.join(service.take(remote), opened, socket)
  }
}
