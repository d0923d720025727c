import type { ClientError } from './client-error.ts'

/** Something went wrong that no single call can be told: a Protocol Error, or a message that is not of the protocol. */
export class ClientErrorEvent extends Event {
  readonly error: ClientError

  constructor(error: ClientError) {
    super('error')
    this.error = error
  }
}

/** The events of a client. */
export interface ClientEventMap {
  /** The relay said again who the peer is: `addresses` or `public` may have changed. */
  identify: Event
  /** The code is always `ERR_PROTOCOL`. Nothing else is disturbed. */
  error: ClientErrorEvent
  /** The relay is gone, or this client was closed. */
  close: Event
}

/** An EventTarget whose listeners know what they get. */
export class ClientEventTarget extends EventTarget {
  override addEventListener<K extends keyof ClientEventMap>(
    type: K,
    listener: ((event: ClientEventMap[K]) => void) | null,
    options?: AddEventListenerOptions | boolean,
  ): void {
    super.addEventListener(type, listener as ((event: Event) => void) | null, options)
  }

  override removeEventListener<K extends keyof ClientEventMap>(
    type: K,
    listener: ((event: ClientEventMap[K]) => void) | null,
    options?: EventListenerOptions | boolean,
  ): void {
    super.removeEventListener(type, listener as ((event: Event) => void) | null, options)
  }
}
