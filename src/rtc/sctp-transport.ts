import type { EventHandler } from './event-handlers.ts'
import { defineHandlers } from './event-handlers.ts'
import type { SctpState } from './messages.ts'

/** The standard's RTCSctpTransport, as far as it is told: its state and bounds. */
export class RTCSctpTransport extends EventTarget {
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
    throw new DOMException(
      'The DTLS transport of a borrowed connection cannot be reached.',
      'NotSupportedError',
    )
  }

  /** Takes over what the tab says; an event follows only if the tab fired one, or the connection was closed here. */
  update(state: SctpState): void {
    this.#state = state
  }

  get [Symbol.toStringTag](): string {
    return 'RTCSctpTransport'
  }
}

defineHandlers(RTCSctpTransport.prototype, ['statechange'])
