import type { BorrowedDataChannel } from './borrowed-data-channel.ts'
import { isDataChannel } from './borrowed-data-channel.ts'
import type { RTCIceCandidate } from '../standard/ice-candidate.ts'
import { isIceCandidate } from '../standard/ice-candidate.ts'
import { dictionary, domString, unsignedShort } from '../standard/webidl.ts'

/** The standard's RTCDataChannelEvent, for a channel that the other peer has made. */
export class RTCDataChannelEvent extends Event {
  readonly #channel: BorrowedDataChannel

  /** Throws TypeError without a channel. */
  constructor(type: string, init: EventInit & { channel: BorrowedDataChannel }) {
    super(type, init)
    const { channel } = dictionary(init, 'RTCDataChannelEventInit')
    if (!isDataChannel(channel))
      throw new TypeError('RTCDataChannelEventInit: channel is not an RTCDataChannel.')
    this.#channel = channel
  }

  get channel(): BorrowedDataChannel {
    return this.#channel
  }
}

/** The standard's RTCPeerConnectionIceEvent, for a candidate, or null once all have been found. */
export class RTCPeerConnectionIceEvent extends Event {
  readonly #candidate: RTCIceCandidate | null

  /** Throws TypeError if `candidate` isn't an RTCIceCandidate. */
  constructor(type: string, init: EventInit & { candidate?: RTCIceCandidate | null } = {}) {
    super(type, init)
    const { candidate = null } = dictionary(init, 'RTCPeerConnectionIceEventInit')
    if (candidate !== null && !isIceCandidate(candidate)) {
      throw new TypeError('RTCPeerConnectionIceEventInit: candidate is not an RTCIceCandidate.')
    }
    this.#candidate = candidate
  }

  get candidate(): RTCIceCandidate | null {
    return this.#candidate
  }
}

/** The members of an {@link RTCPeerConnectionIceErrorEvent}. */
export interface IceErrorInit extends EventInit {
  address?: string | null
  port?: number | null
  url?: string
  errorCode: number
  errorText?: string
}

/** The standard's RTCPeerConnectionIceErrorEvent, for an ICE server that could not be used. */
export class RTCPeerConnectionIceErrorEvent extends Event {
  readonly #init: Required<Pick<IceErrorInit, 'address' | 'port' | 'url' | 'errorCode' | 'errorText'>>

  /** Throws TypeError without `errorCode`. */
  constructor(type: string, init: IceErrorInit) {
    super(type, init)
    const given = dictionary(init, 'RTCPeerConnectionIceErrorEventInit')
    const { address = null, errorCode, errorText = '', port = null, url = '' } = given
    if (errorCode === undefined) {
      throw new TypeError('RTCPeerConnectionIceErrorEventInit: errorCode is missing.')
    }
    this.#init = {
      address: address === null ? null : domString(address),
      errorCode: unsignedShort(errorCode),
      errorText: domString(errorText),
      port: port === null ? null : unsignedShort(port),
      url: domString(url),
    }
  }

  get address(): string | null {
    return this.#init.address
  }
  get port(): number | null {
    return this.#init.port
  }
  get url(): string {
    return this.#init.url
  }
  get errorCode(): number {
    return this.#init.errorCode
  }
  get errorText(): string {
    return this.#init.errorText
  }
}
