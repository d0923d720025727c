/*
 * The library for pages: the client's end of a control socket. The relay's end of the same socket is
 * `src/relay/clients/`.
 */

export type { Client } from './client.ts'
export * from './client-error.ts'
export { ClientErrorEvent } from './client-events.ts'
export type { ClientEventMap } from './client-events.ts'
export type * from './client-options.ts'
export * from './connect.ts'
export type { Connection, ConnectionEnd, ConnectionEventMap } from './connection.ts'
export type { LinkState } from '../protocol/index.ts'
export { TypedEventTarget } from './typed-event-target.ts'
export * from './limits.ts'
export { DEFAULT_MAX_PORT_MESSAGE_BYTES } from './port/connection-port.ts'
export { toMessagePort } from './port/to-message-port.ts'
export { DEFAULT_MAX_TRANSFERRED_PORTS } from './port/transferred-ports.ts'
export { DEFAULT_MAX_PORT_VALUES } from './port/value-tags.ts'
export type { Listener, ListenerEnd } from './listener.ts'
export type { FoundPeer, PeerFinder } from './peer-finder.ts'
export * from './relay-link.ts'
export * from './web-socket-like.ts'
