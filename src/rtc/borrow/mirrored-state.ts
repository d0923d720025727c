import type { ConnectionState } from '../messages/messages.ts'
import { closedState, NEW_CONNECTION } from '../standard/connection-state.ts'
import { RTCSctpTransport, updateSctpTransport } from '../standard/sctp-transport.ts'
import type { RTCSessionDescription } from '../standard/session-description.ts'
import { keptDescription } from '../standard/session-description.ts'

type DescriptionName = 'currentLocal' | 'pendingLocal' | 'currentRemote' | 'pendingRemote'

/**
 * The state of a real connection as its tab reported it last, with objects that keep their identity while
 * they don't change.
 */
export class MirroredState {
  #values: ConnectionState = NEW_CONNECTION
  readonly #descriptions: Record<DescriptionName, RTCSessionDescription | null> = {
    currentLocal: null,
    pendingLocal: null,
    currentRemote: null,
    pendingRemote: null,
  }
  #sctp: RTCSctpTransport | null = null

  get values(): ConnectionState {
    return this.#values
  }

  get descriptions(): Readonly<Record<DescriptionName, RTCSessionDescription | null>> {
    return this.#descriptions
  }

  get sctp(): RTCSctpTransport | null {
    return this.#sctp
  }

  update(values: ConnectionState): void {
    this.#values = values
    const descriptions = this.#descriptions
    for (const name of ['currentLocal', 'pendingLocal', 'currentRemote', 'pendingRemote'] as const) {
      descriptions[name] = keptDescription(descriptions[name], values[`${name}Description`])
    }
    if (values.sctp === null) return
    if (this.#sctp === null) this.#sctp = new RTCSctpTransport(values.sctp)
    else updateSctpTransport(this.#sctp, values.sctp)
  }

  /** Shows the connection as closed, without waiting for the tab. */
  close(): void {
    this.update(closedState(this.#values))
  }
}
