export { DEFAULT_BOUNDS } from './bounds.ts'
export type { RelayBounds } from './bounds.ts'
export { hasOwnTransport } from './address-kind.ts'
export type { CloseReason } from './close-reason.ts'
export { describeCloseReason } from './close-reason.ts'
export type { ControlSocket, ControlSocketHandlers } from './control-socket.ts'
export { NamedAddresses, isPlainWebSocket } from './gater.ts'
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
export { localSpaceOf, spaceOfHost } from './local-space.ts'
export type { Log, LogLevel } from './log.ts'
export type { NetworkConfig } from './network.ts'
export { EMPTY_NETWORK, parseNetworkConfig } from './network.ts'
export type { PeerInit, TransportFactory } from './peer.ts'
export { readMultiaddr, readPeerAddress } from './read-address.ts'
export type { AcceptOptions, RelayComponents } from './relay.ts'
export { Relay } from './relay.ts'
export type { DhtMode } from './routing.ts'
export { routingServices } from './routing.ts'
export type { KeptRelay, RelayStore } from './relay-store.ts'
export { MAX_KEPT_RELAYS } from './relay-store.ts'
export type { RelayStatus } from '../status/index.ts'
export type { WebSocketTransportInit } from './web-sockets.ts'
export { webSocketTransport } from './web-sockets.ts'
