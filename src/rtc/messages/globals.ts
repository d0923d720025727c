/*
 * The names of WebRTC that are global in a window only. TypeScript's library for workers has none of them,
 * and the types of this package are read there too.
 */

declare global {
  // Empty, so that they add nothing where TypeScript's DOM library declares them.
  /* oxlint-disable typescript/no-empty-interface, typescript/no-empty-object-type */
  interface RTCCertificate {}
  interface RTCConfiguration {}
  interface RTCDataChannel {}
  interface RTCDtlsFingerprint {}
  interface RTCIceServer {}
  /* oxlint-enable typescript/no-empty-interface, typescript/no-empty-object-type */
}

/** The global class of this name, as TypeScript's libraries declare it; any class where they don't. */
export type GlobalClass<Name extends string> =
  typeof globalThis extends Record<Name, infer Class> ? Class : new (...args: never[]) => EventTarget

/** The standard's RTCSdpType. */
export type SdpType = 'offer' | 'pranswer' | 'answer' | 'rollback'
/** The standard's RTCIceTransportPolicy. */
export type IceTransportPolicy = 'all' | 'relay'
/** The standard's RTCBundlePolicy. */
export type BundlePolicy = 'balanced' | 'max-bundle' | 'max-compat'
/** The standard's RTCRtcpMuxPolicy. */
export type RtcpMuxPolicy = 'require'
/** The standard's RTCSctpTransportState. */
export type SctpTransportState = 'connecting' | 'connected' | 'closed'
/** The standard's RTCSignalingState. */
export type SignalingState =
  | 'stable'
  | 'have-local-offer'
  | 'have-remote-offer'
  | 'have-local-pranswer'
  | 'have-remote-pranswer'
  | 'closed'
/** The standard's RTCIceConnectionState. */
export type IceConnectionState =
  | 'new'
  | 'checking'
  | 'connected'
  | 'completed'
  | 'disconnected'
  | 'failed'
  | 'closed'
/** The standard's RTCIceGatheringState. */
export type IceGatheringState = 'new' | 'gathering' | 'complete'
/** The standard's RTCPeerConnectionState. */
export type PeerConnectionState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed'
/** The standard's RTCDataChannelState. */
export type DataChannelState = 'connecting' | 'open' | 'closing' | 'closed'
