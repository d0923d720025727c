import type { ConnectionEvent } from '../messages/messages.ts'
import { unreachable } from '../standard/error-message.ts'
import { RTCIceCandidate } from '../standard/ice-candidate.ts'
import { RTCPeerConnectionIceErrorEvent, RTCPeerConnectionIceEvent } from './events.ts'

/**
 * Makes the event that a connection dispatches for what its tab has reported; those of channel and transport
 * are made elsewhere.
 */
export function connectionEvent(
  event: Exclude<ConnectionEvent, { type: 'datachannel' | 'sctpstatechange' }>,
): Event {
  switch (event.type) {
    case 'negotiationneeded':
    case 'signalingstatechange':
    case 'icegatheringstatechange':
    case 'iceconnectionstatechange':
    case 'connectionstatechange':
      return new Event(event.type)
    case 'icecandidate': {
      const candidate = event.candidate === null ? null : new RTCIceCandidate(event.candidate)
      return new RTCPeerConnectionIceEvent('icecandidate', { candidate })
    }
    case 'icecandidateerror': {
      const { type, ...init } = event
      return new RTCPeerConnectionIceErrorEvent(type, init)
    }
    default:
      return unreachable(event)
  }
}
