import type { ControlSocket, ControlSocketHandlers } from '../../relay/control-socket.ts'
import type { KeyStore } from '../../relay/identity.ts'
import type { AcceptOptions } from '../../relay/relay.ts'
import type { RelayLimits } from './relay-limits.ts'

/** What the peer is told to believe of its reachability, instead of finding out. */
export type FakeNat = 'private' | 'public'

/** How a client is let in by HTTP. */
export interface ClientOptions extends AcceptOptions {
  /** It has opened its WebSocket with the operator's subprotocol, and may: it asks about the peer itself. */
  isOperator: boolean
}

/** What the server puts on the network: it knows no libp2p. */
export interface ServerCore {
  /** A client came. Its messages go to the handlers that this gives; it does not throw. */
  accept(socket: ControlSocket, options: ClientOptions): ControlSocketHandlers
  /** The content of `/network.json`, made anew for each request; a promise is waited for. */
  network(): unknown
  /** The content of `/status.json`, likewise. Holds nothing secret. */
  status(): unknown
  /** The content of `/metrics`, in the text format of Prometheus; absent where it is not asked for. */
  metrics?: () => Promise<string>
}

/** How the peer gets a certificate for its WebSocket addresses. */
export interface AutoTlsSettings {
  /** Where its keys and the certificate are kept; made, of mode 0700, where it is missing. */
  directory: string
  /** URL of the ACME server's directory; default Let's Encrypt. */
  acmeDirectory?: string
  /** URL of the service that lends the name and answers the ACME server's question; default https://registration.libp2p.direct */
  forgeEndpoint?: string
  /** The domain below which it lends names; default libp2p.direct. */
  forgeDomain?: string
  /** Milliseconds after a change of addresses at which a certificate is asked for; default 5,000. */
  provisionDelay?: number
}

/** What the command makes its relay of: the part of the flags that is about the peer, and where its identity is kept. */
export interface NodeRelayInit {
  /** Of the package, as the status tells it. */
  version: string
  /** Multiaddrs to listen on; each one has been parsed once, so that it is well-formed. */
  listen: readonly string[]
  /** Multiaddrs to announce instead of those that are listened on, well-formed likewise; default none. */
  announce?: readonly string[]
  /** Multiaddrs of bootstrap peers, well-formed likewise. */
  peers: readonly string[]
  /** Without the built-in bootstrap peers. */
  noPeers: boolean
  /** Serve circuit relay. */
  relay: boolean
  /** Its limits; those that are left out have their default. */
  relayLimits?: Readonly<Partial<RelayLimits>>
  fakeNat?: FakeNat
  /** Get a certificate, so that browsers can dial the peer from pages that came over https; default none. */
  autoTls?: AutoTlsSettings
  /** Offer metrics; default false. */
  metrics?: boolean
  /** The identity to run with, from `-key`: nothing is loaded or stored then. */
  key?: string
  keyStore: KeyStore
  /** One line for standard error. Never told a key. */
  warn: (line: string) => void
}

/** The relay of the Node build, with its peer: made without starting it. */
export interface NodeRelay extends ServerCore {
  /**
   * Runs the peer, as a client's Start does: with `key`, or the one of its init, or the stored one, or a new one.
   *
   * @throws Error in one line, if it cannot: an address in use, a bad key
   */
  start(key?: string): Promise<void>

  /** Ends the peer and every connection. Settles also if it never ran; a second call waits for the first. */
  stop(): Promise<void>
}

/** Makes a relay, without starting its peer. */
export type CreateNodeRelay = (init: NodeRelayInit) => Promise<NodeRelay>
