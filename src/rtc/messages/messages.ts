/*
 * The messages between the borrower (a worker without WebRTC), the lender (a tab that has it) and the pump
 * (which moves the bytes of a data channel). All of them are structured-cloneable. The guards are in the
 * other files of this folder.
 */

import type {
  BundlePolicy,
  IceConnectionState,
  IceGatheringState,
  IceTransportPolicy,
  PeerConnectionState,
  RtcpMuxPolicy,
  SctpTransportState,
  SdpType,
  SignalingState,
} from './globals.ts'

/**
 * The version of these messages. A lender states it first, and a borrower doesn't use a lender of another
 * version.
 */
export const LENDING_VERSION = 1

/** One data channel message: text, or bytes that are transferred to the receiver. */
export type Part = string | ArrayBuffer

/** A session description as plain data. */
export interface Description {
  type: SdpType
  sdp: string
}

/** A description as a caller may pass it. The browser checks whether something is missing. */
export interface DescriptionInit {
  type?: SdpType
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

/** An RTCConfiguration as plain data; `certificates` holds the borrower's numbers for them. */
export interface Configuration {
  iceServers: IceServer[]
  iceTransportPolicy: IceTransportPolicy
  bundlePolicy: BundlePolicy
  rtcpMuxPolicy: RtcpMuxPolicy
  iceCandidatePoolSize: number
  certificates: number[]
}

/** An RTCDataChannelInit with its defaults filled in. */
export interface ChannelInit {
  ordered: boolean
  maxPacketLifeTime: number | null
  maxRetransmits: number | null
  protocol: string
  negotiated: boolean
  id: number | null
}

/** A data channel that the other peer made, as it was at the tab's `datachannel` event. */
export interface ChannelDescription extends ChannelInit {
  label: string
}

/** The state of `pc.sctp`. */
export interface SctpState {
  state: SctpTransportState
  maxMessageSize: number
  maxChannels: number | null
}

/** All attributes of a connection, as they were when the message was posted. */
export interface ConnectionState {
  signalingState: SignalingState
  iceConnectionState: IceConnectionState
  iceGatheringState: IceGatheringState
  connectionState: PeerConnectionState
  canTrickleIceCandidates: boolean | null
  currentLocalDescription: Description | null
  pendingLocalDescription: Description | null
  currentRemoteDescription: Description | null
  pendingRemoteDescription: Description | null
  sctp: SctpState | null
}

/** The members of an RTCError beyond those of a DOMException. */
export interface RtcErrorDetail {
  errorDetail: string
  sdpLineNumber: number | null
  sctpCauseCode: number | null
  receivedAlert: number | null
  sentAlert: number | null
}

/** An error as plain data: `kind` says which class it becomes on arrival. */
export type PostedError =
  | { kind: 'dom'; name: string; message: string }
  | { kind: 'rtc'; message: string; detail: RtcErrorDetail }
  | { kind: 'type'; message: string }
  | { kind: 'range'; message: string }
  | { kind: 'other'; message: string }

/** An asynchronous operation that a borrower asks of a connection. */
export type Operation =
  | { type: 'createOffer'; iceRestart: boolean }
  | { type: 'createAnswer' }
  | { type: 'setLocalDescription'; description: DescriptionInit | null }
  | { type: 'setRemoteDescription'; description: DescriptionInit }
  | { type: 'addIceCandidate'; candidate: Partial<Candidate> | null }
  | { type: 'setConfiguration'; configuration: Configuration }
  | { type: 'restartIce' }
  | { type: 'getStats' }
  /** Finishes once all earlier operations have finished. */
  | { type: 'settle' }

/** The result of an operation. */
export type Value =
  | { type: 'nothing' }
  | { type: 'description'; description: Description }
  | { type: 'stats'; entries: [string, object][] }

/** How an operation ended. */
export type Outcome = { ok: true; value: Value } | { ok: false; error: PostedError }

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
 * Borrower to lender, on the lending port. The borrower chooses the numbers `pc` and `certificate`, and never
 * reuses one.
 */
export type ToLender =
  | { type: 'create'; pc: number; configuration: Configuration }
  | { type: 'call'; pc: number; call: number; operation: Operation }
  | { type: 'channel'; pc: number; label: string; init: ChannelInit; port: MessagePort }
  | { type: 'close'; pc: number }
  | { type: 'certify'; certificate: number; algorithm: CertificateAlgorithm }
  | { type: 'uncertify'; certificate: number }
  | { type: 'dismiss' }

/** The `keygenAlgorithm` of `generateCertificate`, as plain data. */
export interface CertificateAlgorithm {
  name: string
  namedCurve?: string
  modulusLength?: number
  publicExponent?: Uint8Array
  hash?: string
  expires?: number
}

/** What a certificate's handle knows about the certificate. */
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
  | { type: 'refused'; pc: number; error: PostedError }
  | { type: 'result'; pc: number; call: number; outcome: Outcome; state: ConnectionState }
  | { type: 'event'; pc: number; event: ConnectionEvent; state: ConnectionState }
  | { type: 'certified'; certificate: number; facts: CertificateFacts }
  | { type: 'uncertified'; certificate: number; error: PostedError }
  | { type: 'stopped'; reason: string }

/** Borrower to pump, on the port of one data channel. */
export type ToPump =
  | { type: 'data'; parts: Part[] }
  /** Returns credit: the handlers for parts of this cost (see `part-cost.ts`) have run. */
  | { type: 'taken'; cost: number }
  /** Closes the channel, after everything before this message. */
  | { type: 'close' }

/** Pump to borrower, on the port of one data channel. */
export type FromPump =
  | { type: 'id'; id: number }
  | { type: 'open'; id: number | null }
  | { type: 'data'; parts: Part[] }
  /** This many more bytes have left the buffer of the real channel. */
  | { type: 'gone'; bytes: number }
  | { type: 'closing' }
  | { type: 'error'; error: PostedError }
  /** The last message on this port. */
  | { type: 'closed' }

/** The bounds of a lender's pumps: see `pump-limits.ts`. */
export interface PumpLimits {
  receiveWindowBytes: number
  maxUndeliveredBytes: number
  reportBytes: number
}

/** Tab to pump worker: first the channel, in the task that made it, then its port. */
export type ToPumpWorker =
  | { type: 'adopt'; key: number; channel: RTCDataChannel; limits: PumpLimits }
  | { type: 'connect'; key: number; port: MessagePort }

/** Pump worker to tab. */
export type FromPumpWorker = { type: 'ready' }
