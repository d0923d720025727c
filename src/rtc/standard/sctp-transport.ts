import type { EventHandler } from './event-handlers.ts'
import { defineHandlers } from './event-handlers.ts'
import type { SctpState } from '../messages/messages.ts'

/**
 * Sets the state that the tab reported. It fires no event: the caller does if the tab's transport fired one.
 */
export let updateSctpTransport: (transport: RTCSctpTransport, state: SctpState) => void

/** The standard's RTCSctpTransport, with its state and limits. */
export class RTCSctpTransport extends EventTarget {
  static {
    updateSctpTransport = (transport, state) => {
      transport.#state = state
    }
    defineHandlers(this.prototype, ['statechange'], (value) => #state in value)
  }

  declare onstatechange: EventHandler

  #state: SctpState

  constructor(state: SctpState) {
    super()
    this.#state = state
  }

  get state(): RTCSctpTransportState {
    return this.#state.state
  }

  /** The largest message that the other peer accepts, in bytes. */
  get maxMessageSize(): number {
    return this.#state.maxMessageSize
  }

  get maxChannels(): number | null {
    return this.#state.maxChannels
  }

  /** Throws NotSupportedError, because the DTLS transport stays in the tab. */
  get transport(): never {
    return this.#unreachable()
  }

  #unreachable(): never {
    throw new DOMException(
      'The DTLS transport of a borrowed connection cannot be reached.',
      'NotSupportedError',
    )
  }
}
