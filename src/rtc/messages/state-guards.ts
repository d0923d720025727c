import { isBoolean, isCount, isString, oneOf, orAbsent, orNull, shape } from './guards.ts'
import type {
  Candidate,
  ChannelDescription,
  ChannelInit,
  ConnectionState,
  Description,
  DescriptionInit,
  RtcErrorDetail,
  SctpState,
  PostedError,
} from './messages.ts'

/** The enumerations of the WebRTC standard, as guards. */
export const isSdpType = oneOf<RTCSdpType>(['offer', 'pranswer', 'answer', 'rollback'])
export const isSctpTransportState = oneOf<RTCSctpTransportState>(['connecting', 'connected', 'closed'])

export const isDescription = shape<Description>({ type: isSdpType, sdp: isString })
export const isDescriptionInit = shape<DescriptionInit>({
  type: orAbsent(isSdpType),
  sdp: orAbsent(isString),
})

/** Whether the value is an `unsigned short` of Web IDL. */
export function isUnsignedShort(value: unknown): value is number {
  return isCount(value) && value <= 65_535
}

const isCandidateShape = shape<Candidate>({
  candidate: isString,
  sdpMid: orNull(isString),
  sdpMLineIndex: orNull(isUnsignedShort),
  usernameFragment: orNull(isString),
})

/**
 * Whether this is a candidate that names its media section, without which an RTCIceCandidate can't be made.
 */
export function isCandidate(value: unknown): value is Candidate {
  return isCandidateShape(value) && (value.sdpMid !== null || value.sdpMLineIndex !== null)
}

export const isCandidateInit = shape<Partial<Candidate>>({
  candidate: orAbsent(isString),
  sdpMid: orAbsent(orNull(isString)),
  sdpMLineIndex: orAbsent(orNull(isUnsignedShort)),
  usernameFragment: orAbsent(orNull(isString)),
})

const channelInit = {
  ordered: isBoolean,
  maxPacketLifeTime: orNull(isUnsignedShort),
  maxRetransmits: orNull(isUnsignedShort),
  protocol: isString,
  negotiated: isBoolean,
  id: orNull(isUnsignedShort),
}
export const isChannelInit = shape<ChannelInit>(channelInit)
export const isChannelDescription = shape<ChannelDescription>({ ...channelInit, label: isString })

/**
 * `maxMessageSize` is an `unrestricted double`: Infinity if there is no bound.
 */
function isMessageSize(value: unknown): value is number {
  return typeof value === 'number' && value >= 0
}

const isSctpState = shape<SctpState>({
  state: isSctpTransportState,
  maxMessageSize: isMessageSize,
  maxChannels: orNull(isUnsignedShort),
})

export const isConnectionState = shape<ConnectionState>({
  signalingState: oneOf<RTCSignalingState>([
    'stable',
    'have-local-offer',
    'have-remote-offer',
    'have-local-pranswer',
    'have-remote-pranswer',
    'closed',
  ]),
  iceConnectionState: oneOf<RTCIceConnectionState>([
    'new',
    'checking',
    'connected',
    'completed',
    'disconnected',
    'failed',
    'closed',
  ]),
  iceGatheringState: oneOf<RTCIceGatheringState>(['new', 'gathering', 'complete']),
  connectionState: oneOf<RTCPeerConnectionState>([
    'new',
    'connecting',
    'connected',
    'disconnected',
    'failed',
    'closed',
  ]),
  canTrickleIceCandidates: orNull(isBoolean),
  currentLocalDescription: orNull(isDescription),
  pendingLocalDescription: orNull(isDescription),
  currentRemoteDescription: orNull(isDescription),
  pendingRemoteDescription: orNull(isDescription),
  sctp: orNull(isSctpState),
})

const isDetail = shape<RtcErrorDetail>({
  errorDetail: isString,
  sdpLineNumber: orNull(isCount),
  sctpCauseCode: orNull(isCount),
  receivedAlert: orNull(isCount),
  sentAlert: orNull(isCount),
})

const errorGuards: readonly ((value: unknown) => boolean)[] = [
  shape<Extract<PostedError, { kind: 'dom' }>>({ kind: oneOf(['dom']), name: isString, message: isString }),
  shape<Extract<PostedError, { kind: 'rtc' }>>({ kind: oneOf(['rtc']), message: isString, detail: isDetail }),
  shape<Extract<PostedError, { kind: 'type' | 'range' | 'other' }>>({
    kind: oneOf(['type', 'range', 'other']),
    message: isString,
  }),
]

export function isPostedError(value: unknown): value is PostedError {
  return errorGuards.some((guard) => guard(value))
}
