import type { ClientError } from './client-error.ts'

/** An error that belongs to no single call: a Protocol Error, or an invalid message from the relay. */
export class ClientErrorEvent extends Event {
  readonly error: ClientError

  constructor(error: ClientError) {
    super('error')
    this.error = error
  }
}

/** The events of a client. */
export interface ClientEventMap {
  /** The relay has identified the peer again, so `addresses` or `public` may have changed. */
  identify: Event
  /** The code is always `ERR_PROTOCOL`. The client continues to work. */
  error: ClientErrorEvent
  /** The WebSocket to the relay has ended, or this client was closed. */
  close: Event
}
