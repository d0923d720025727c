/** An EventTarget whose events are those of `Events`, by their type. */
export class TypedEventTarget<Events extends Record<keyof Events, Event>> extends EventTarget {
  override addEventListener<K extends keyof Events & string>(
    type: K,
    listener: TypedListener<Events[K]> | null,
    options?: AddEventListenerOptions | boolean,
  ): void {
    super.addEventListener(type, listener as EventListenerOrEventListenerObject | null, options)
  }

  override removeEventListener<K extends keyof Events & string>(
    type: K,
    listener: TypedListener<Events[K]> | null,
    options?: EventListenerOptions | boolean,
  ): void {
    super.removeEventListener(type, listener as EventListenerOrEventListenerObject | null, options)
  }
}

/** What an EventTarget calls. */
type TypedListener<E extends Event> = ((event: E) => void) | { handleEvent(event: E): void }
