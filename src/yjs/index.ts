/*
 * A Yjs document shared by the members of a room. It has the options and events of y-webrtc's provider.
 */

export { LibP2PProvider } from './provider.ts'
export type { ProviderEvents } from './provider-events.ts'
export type { ProviderOptions } from './provider-options.ts'
export { DEFAULT_MAX_UPDATE_BYTES } from './sync-message.ts'
