import type { ControlSocket, ControlSocketHandlers } from '../relay/control-socket.ts'
import type { AcceptOptions } from '../relay/relay.ts'

/** What the HTTP server knows about a client when it hands it over. */
export interface ClientOptions extends AcceptOptions {
  /** The WebSocket uses the admin subprotocol, and the client may use it: it asks about the peer itself. */
  isAdmin: boolean
}

/** What the HTTP server puts on the network. The server itself knows nothing of libp2p. */
export interface ServerCore {
  /** Called for each new client. Its messages go to the returned handlers. Must not throw. */
  accept(socket: ControlSocket, options: ClientOptions): ControlSocketHandlers
  /** Returns the content of `/network.json`, or a promise for it. Called once per request. */
  network(): unknown
  /**
   * Returns the content of `/status.json`, or a promise for it. Called once per request. Must not contain
   * secrets.
   */
  status(): unknown
  /** Returns the content of `/metrics` in the Prometheus text format. If absent, `/metrics` isn't served. */
  metrics?: () => Promise<string>
  /**
   * Stops the program. Called when a page of this server on this machine asks for it at `/stop`. If absent,
   * `/stop` isn't served.
   */
  requestStop?: () => void
}
