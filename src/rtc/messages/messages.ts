/*
 * The wire's types alone: what travels between the borrower (a worker that wants WebRTC), the lender (a tab
 * that has it) and the pump (where a data channel's bytes flow). All of it is structured-cloneable; guards
 * stand in the files beside.
 */

/**
 * The version of this wire that a lender names first. A borrower takes no connection from a lender of another
 * version.
 */
export const WIRE_VERSION = 1

/** One data channel message: text, or bytes that are transferred and belong to the receiver from then on. */
export type Part = string | ArrayBuffer

/** A session description as plain data. */
export interface Description {
  type: RTCSdpType
  sdp: string
}

/** A description as a caller may give it: the browser that gets it judges what is missing. */
export interface DescriptionInit {
  type?: RTCSdpType
  sdp?: string
}

/** An ICE candidate as `toJSON()` gives it. */
export interface Candidate {
  candidate: string
  sdpMid: string | null
  sdpMLineIndex: number | null
  usernameFragment: string | null
}

/** An ICE server, its `urls` always a list. */
export interface IceServer {
  urls: string[]
  username?: string
  credential?: string
}

/** An RTCConfiguration as plain data; `certificates` are numbers that the lender gave out. */
export interface Configuration {
  iceServers: IceServer[]
  iceTransportPolicy: RTCIceTransportPolicy
  bundlePolicy: RTCBundlePolicy
  rtcpMuxPolicy: RTCRtcpMuxPolicy
  iceCandidatePoolSize: number
  certificates: number[]
}

/** How a data channel is made: an RTCDataChannelInit, its defaults filled in. */
export interface ChannelInit {
  ordered: boolean
  maxPacketLifeTime: number | null
  maxRetransmits: number | null
  protocol: string
  negotiated: boolean
  id: number | null
}

/** A data channel that the other peer made, as it stood in the tab's `datachannel` event. */
export interface ChannelDescription extends ChannelInit {
  label: string
}

/** `pc.sctp` as it stood. */
export interface SctpState {
  state: RTCSctpTransportState
  maxMessageSize: number
  maxChannels: number | null
}

/** Everything of a connection that is read without waiting, as it stood when the message was posted. */
export interface ConnectionState {
  signalingState: RTCSignalingState
  iceConnectionState: RTCIceConnectionState
  iceGatheringState: RTCIceGatheringState
  connectionState: RTCPeerConnectionState
  canTrickleIceCandidates: boolean | null
  currentLocalDescription: Description | null
  pendingLocalDescription: Description | null
  currentRemoteDescription: Description | null
  pendingRemoteDescription: Description | null
  sctp: SctpState | null
}

/** The fields of an RTCError beyond those of a DOMException. */
export interface RtcErrorDetail {
  errorDetail: string
  sdpLineNumber: number | null
  sctpCauseCode: number | null
  receivedAlert: number | null
  sentAlert: number | null
}

/** An error on its way: `kind` says which class it becomes again. */
export type WireError =
  | { kind: 'dom'; name: string; message: string }
  | { kind: 'rtc'; message: string; detail: RtcErrorDetail }
  | { kind: 'type'; message: string }
  | { kind: 'range'; message: string }
  | { kind: 'other'; message: string }

/** What a borrower asks of one connection, and waits for. */
export type Operation =
  | { type: 'createOffer'; iceRestart: boolean }
  | { type: 'createAnswer' }
  | { type: 'setLocalDescription'; description: DescriptionInit | null }
  | { type: 'setRemoteDescription'; description: DescriptionInit }
  | { type: 'addIceCandidate'; candidate: Partial<Candidate> | null }
  | { type: 'setConfiguration'; configuration: Configuration }
  | { type: 'restartIce' }
  | { type: 'getStats' }
  /** Ends once all operations that were asked for before it have ended. */
  | { type: 'settle' }

/** What an operation came to. */
export type Value =
  | { type: 'nothing' }
  | { type: 'description'; description: Description }
  | { type: 'stats'; entries: [string, object][] }

/** How an operation ended. */
export type Outcome = { ok: true; value: Value } | { ok: false; error: WireError }

/** An event of the real connection. */
export type ConnectionEvent =
  | { type: 'negotiationneeded' }
  | { type: 'signalingstatechange' }
  | { type: 'icegatheringstatechange' }
  | { type: 'iceconnectionstatechange' }
  | { type: 'connectionstatechange' }
  | { type: 'sctpstatechange' }
  | { type: 'icecandidate'; candidate: Candidate | null }
  | {
      type: 'icecandidateerror'
      address: string | null
      port: number | null
      url: string
      errorCode: number
      errorText: string
    }
  | { type: 'datachannel'; channel: ChannelDescription; port: MessagePort }

/**
 * Borrower to lender, on the lending port. `pc` and `certificate` are numbers that the borrower gives, never
 * twice.
 */
export type ToLender =
  | { type: 'create'; pc: number; configuration: Configuration }
  | { type: 'call'; pc: number; call: number; operation: Operation }
  | { type: 'channel'; pc: number; label: string; init: ChannelInit; port: MessagePort }
  | { type: 'close'; pc: number }
  | { type: 'certify'; certificate: number; algorithm: CertificateAlgorithm }
  | { type: 'uncertify'; certificate: number }
  | { type: 'dismiss' }

/** The `keygenAlgorithm` of `generateCertificate`, as far as it can travel. */
export interface CertificateAlgorithm {
  name: string
  namedCurve?: string
  modulusLength?: number
  publicExponent?: Uint8Array
  hash?: string
  expires?: number
}

/** What a certificate's handle knows of the certificate. */
export interface CertificateFacts {
  expires: number
  fingerprints: { algorithm: string; value: string }[]
}

/** Lender to borrower, on the lending port. */
export type FromLender =
  | { type: 'lend'; version: number }
  | { type: 'unable'; reason: string }
  | { type: 'visible'; visible: boolean }
  | { type: 'created'; pc: number; state: ConnectionState }
  | { type: 'refused'; pc: number; error: WireError }
  | { type: 'result'; pc: number; call: number; outcome: Outcome; state: ConnectionState }
  | { type: 'event'; pc: number; event: ConnectionEvent; state: ConnectionState }
  | { type: 'certified'; certificate: number; facts: CertificateFacts }
  | { type: 'uncertified'; certificate: number; error: WireError }
  | { type: 'stopped'; reason: string }

/** Borrower to pump, on the port of one data channel. */
export type ToPump =
  | { type: 'data'; parts: Part[] }
  /** Credit: the handlers for parts of this cost (see `part-cost.ts`) have run. */
  | { type: 'taken'; cost: number }
  /** Close, once everything before it has been given to the channel. */
  | { type: 'close' }

/** Pump to borrower, on the port of one data channel. */
export type FromPump =
  | { type: 'id'; id: number }
  | { type: 'open'; id: number | null }
  | { type: 'data'; parts: Part[] }
  /** The real channel no longer buffers this many of the bytes it was given. */
  | { type: 'gone'; bytes: number }
  | { type: 'closing' }
  | { type: 'error'; error: WireError }
  /** The last message on this port. */
  | { type: 'closed' }

/** Bounds that a lender sets for the pumps of its channels. */
export interface PumpLimits {
  receiveWindowBytes: number
  maxUndeliveredBytes: number
  reportBytes: number
}

/** Tab to pump worker: the channel in the task that made it, then its port. */
export type ToPumpWorker =
  | { type: 'adopt'; key: number; channel: RTCDataChannel; limits: PumpLimits }
  | { type: 'connect'; key: number; port: MessagePort }

/** Pump worker to tab. */
export type FromPumpWorker = { type: 'ready' }
