import type { BorrowedDataChannel } from './borrowed-data-channel.ts'
import type { RTCIceCandidate } from './ice-candidate.ts'

/** The standard's RTCDataChannelEvent: the other peer has made a channel. */
export class RTCDataChannelEvent extends Event {
  readonly channel: BorrowedDataChannel

  constructor(type: string, init: EventInit & { channel: BorrowedDataChannel }) {
    super(type, init)
    this.channel = init.channel
  }
}

/** The standard's RTCPeerConnectionIceEvent: a candidate, or null once all have been found. */
export class RTCPeerConnectionIceEvent extends Event {
  readonly candidate: RTCIceCandidate | null

  constructor(type: string, init: EventInit & { candidate?: RTCIceCandidate | null } = {}) {
    super(type, init)
    this.candidate = init.candidate ?? null
  }
}

/** What an {@link RTCPeerConnectionIceErrorEvent} tells. */
export interface IceErrorInit extends EventInit {
  address?: string | null
  port?: number | null
  url?: string
  errorCode: number
  errorText?: string
}

/** The standard's RTCPeerConnectionIceErrorEvent: an ICE server could not be used. */
export class RTCPeerConnectionIceErrorEvent extends Event {
  readonly address: string | null
  readonly port: number | null
  readonly url: string
  readonly errorCode: number
  readonly errorText: string

  constructor(type: string, init: IceErrorInit) {
    super(type, init)
    this.address = init.address ?? null
    this.port = init.port ?? null
    this.url = init.url ?? ''
    this.errorCode = init.errorCode
    this.errorText = init.errorText ?? ''
  }
}
