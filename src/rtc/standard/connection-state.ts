import type { ChannelDescription, ConnectionState, Description, SctpState } from '../messages/messages.ts'

function descriptionOf(description: RTCSessionDescription | null): Description | null {
  return description === null ? null : { type: description.type, sdp: description.sdp }
}

function sctpOf(sctp: RTCSctpTransport | null): SctpState | null {
  if (sctp === null) return null
  const { state, maxMessageSize, maxChannels } = sctp
  // Firefox 153 omits `maxChannels` until it is known.
  return { state, maxMessageSize, maxChannels: maxChannels ?? null }
}

/** Returns the present state of a real connection as plain data. */
export function connectionStateOf(pc: RTCPeerConnection): ConnectionState {
  return {
    signalingState: pc.signalingState,
    iceConnectionState: pc.iceConnectionState,
    iceGatheringState: pc.iceGatheringState,
    connectionState: pc.connectionState,
    canTrickleIceCandidates: pc.canTrickleIceCandidates ?? null,
    currentLocalDescription: descriptionOf(pc.currentLocalDescription),
    pendingLocalDescription: descriptionOf(pc.pendingLocalDescription),
    currentRemoteDescription: descriptionOf(pc.currentRemoteDescription),
    pendingRemoteDescription: descriptionOf(pc.pendingRemoteDescription),
    sctp: sctpOf(pc.sctp),
  }
}

/**
 * Returns what a real data channel was made with, as plain data. Call it before the channel is transferred,
 * which empties it.
 */
export function channelDescriptionOf(channel: RTCDataChannel): ChannelDescription {
  const { label, ordered, maxPacketLifeTime, maxRetransmits, protocol, negotiated, id } = channel
  return { label, ordered, maxPacketLifeTime, maxRetransmits, protocol, negotiated, id }
}

/** The state of a new connection, which a borrowed one shows until the tab has answered. */
export const NEW_CONNECTION: ConnectionState = {
  signalingState: 'stable',
  iceConnectionState: 'new',
  iceGatheringState: 'new',
  connectionState: 'new',
  canTrickleIceCandidates: null,
  currentLocalDescription: null,
  pendingLocalDescription: null,
  currentRemoteDescription: null,
  pendingRemoteDescription: null,
  sctp: null,
}

/** Returns the state of the same connection once it is closed. */
export function closedState(state: ConnectionState): ConnectionState {
  return {
    ...state,
    signalingState: 'closed',
    iceConnectionState: 'closed',
    connectionState: 'closed',
    sctp: state.sctp === null ? null : { ...state.sctp, state: 'closed' },
  }
}
