import { IN_FIREFOX } from './in-firefox.ts'
import type { InterfaceShape } from './interface.ts'

/**
 * The interfaces as pages of this browser see them. A test compares them with the browser's own.
 */
export const INTERFACES = {
  RTCPeerConnection: {
    requires: 0,
    methods: {
      addTrack: 1,
      addTransceiver: 1,
      createDataChannel: 1,
      generateCertificate: 1,
      removeTrack: 1,
      setRemoteDescription: 1,
    },
  },
  RTCSessionDescription: { requires: IN_FIREFOX ? 1 : 0 },
  RTCIceCandidate: { requires: 0 },
  RTCDataChannel: { requires: null, methods: { send: 1 } },
  RTCCertificate: { requires: null },
  RTCDataChannelEvent: { requires: 2 },
  RTCError: { requires: 1 },
  RTCErrorEvent: { requires: 2 },
  RTCPeerConnectionIceErrorEvent: { requires: 2 },
  RTCPeerConnectionIceEvent: { requires: 1 },
  RTCSctpTransport: { requires: null },
  RTCStatsReport: { requires: null, methods: { forEach: 1, get: 1, has: 1 } },
} satisfies Record<string, InterfaceShape>
