/** The classes that are compared with the browser's own. */
export const NAMES = [
  'RTCPeerConnection',
  'RTCSessionDescription',
  'RTCIceCandidate',
  'RTCDataChannel',
  'RTCCertificate',
  'RTCDataChannelEvent',
  'RTCError',
  'RTCErrorEvent',
  'RTCPeerConnectionIceErrorEvent',
  'RTCPeerConnectionIceEvent',
  'RTCSctpTransport',
  'RTCStatsReport',
] as const

export type Classes = Pick<typeof globalThis, (typeof NAMES)[number]>
