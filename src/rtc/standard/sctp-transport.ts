import type { EventHandler } from './event-handlers.ts'
import { defineHandlers } from './event-handlers.ts'
import type { SctpState } from '../messages/messages.ts'

/**
 * Takes over what the tab says; an event follows only if the tab fired one, or the connection was closed
 * here.
 */
export let updateSctpTransport: (transport: RTCSctpTransport, state: SctpState) => void

/** The standard's RTCSctpTransport, as far as it is told: its state and bounds. */
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

  /** Bytes of the largest message that the other peer takes. */
  get maxMessageSize(): number {
    return this.#state.maxMessageSize
  }

  get maxChannels(): number | null {
    return this.#state.maxChannels
  }

  /** The DTLS transport stays in the tab: throws NotSupportedError. */
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
