export { DEFAULT_BOUNDS } from './bounds.ts'
export type { RelayBounds } from './bounds.ts'
export { hasOwnTransport } from './addresses/address-kind.ts'
export type { CloseReason } from './clients/close-reason.ts'
export { describeCloseReason } from './clients/close-reason.ts'
export type { ClientPeer, OpenedStream } from './clients/client-peer.ts'
export { refusalOfDialledProtocol, refusalOfListen } from './clients/protocol-rules.ts'
export { StreamReader } from './clients/stream-reader.ts'
export { StreamWriter } from './clients/stream-writer.ts'
export type { StreamLink } from './dialing/stream-link.ts'
export { hasLostChannel } from './libp2p/lost-channel.ts'
export type { ControlSocket, ControlSocketHandlers } from './control-socket.ts'
export { NamedAddresses, isPlainWebSocket } from './addresses/named-addresses.ts'
export type { KeyStore } from './identity.ts'
export type { HostReport } from './host-report.ts'
export {
  IdentityInUseError,
  InvalidKeyError,
  NoStorageError,
  formatKey,
  newKey,
  parseKey,
  readKey,
} from './identity.ts'
export { localSpaceOf, spaceOfHost } from './addresses/local-space.ts'
export type { Log, LogLevel } from './log.ts'
export type { NetworkConfig } from './network-config.ts'
export { EMPTY_NETWORK, parseNetworkConfig } from './network-config.ts'
export type { TransportFactory } from './libp2p/transport-factory.ts'
export type { PeerInit } from './peer-init.ts'
export { readPeerId } from './addresses/peer-id.ts'
export { readMultiaddr, readPeerAddress } from './addresses/read-address.ts'
export type { RelayComponents } from './relay-components.ts'
export type { AcceptOptions } from './relay.ts'
export { Relay } from './relay.ts'
export type { DhtMode } from './discovery/dht.ts'
export { routingServices } from './discovery/routing.ts'
export type { KeptCircuitRelay, CircuitRelayStore } from './reservations/circuit-relay-store.ts'
export { MAX_KEPT_CIRCUIT_RELAYS } from './reservations/circuit-relay-store.ts'
export type { RelayStatus } from '../status/index.ts'
export type { WebSocketTransportInit } from './libp2p/web-sockets.ts'
export { webSocketTransport } from './libp2p/web-sockets.ts'
export { timeoutSignal } from './timeouts.ts'
