import type { KeyStore } from '../../relay/identity.ts'
import type { AutoTlsSettings } from './auto-tls-settings.ts'
import type { ForwardingInit } from '../forward/forwarding.ts'
import type { CircuitRelayLimits } from './circuit-relay-limits.ts'
import type { RendezvousLimits } from './rendezvous-limits.ts'

/** What the peer assumes about its reachability instead of detecting it. */
export type FakeNat = 'private' | 'public'

/** Settings of the Node build's relay: the flags that concern the peer, and where its identity is stored. */
export interface NodeRelayInit {
  /** The package's version, shown in the status. */
  version: string
  /** Multiaddrs to listen on. They must be well-formed. */
  listen: readonly string[]
  /** Multiaddrs to announce instead of the listening addresses. They must be well-formed. Default none. */
  announce?: readonly string[]
  /** Multiaddrs of bootstrap peers. They must be well-formed. */
  peers: readonly string[]
  /** Whether to leave out the built-in bootstrap peers. */
  noPeers: boolean
  /** Whether to serve as a circuit relay. */
  circuitRelay: boolean
  /** Limits of the circuit relay. Each one that is left out has its default. */
  circuitRelayLimits?: Readonly<Partial<CircuitRelayLimits>>
  /**
   * Limits of the rendezvous point that a circuit relay is too. Each one that is left out has its default.
   */
  rendezvousLimits?: Readonly<Partial<RendezvousLimits>>
  /** Reachability to assume. By default the peer detects it. */
  fakeNat?: FakeNat
  /** Gets a TLS certificate, so that pages served over https can dial the peer. Default none. */
  autoTls?: AutoTlsSettings
  /** TCP services to forward to, and local ports to tunnel from. Default none. */
  forwarding?: ForwardingInit
  /** Whether to collect metrics. Default false. */
  metrics?: boolean
  /** The identity given by `-key`. If set, no key is loaded or stored. */
  key?: string
  keyStore: KeyStore
  /** Receives one line for standard error. The line never contains a key. */
  warn: (line: string) => void
}
