/** An EventTarget typed by `Events`, which maps each event name to its event class. */
export interface TypedEventTarget<Events extends Record<keyof Events, Event>> {
  addEventListener<K extends keyof Events & string>(
    type: K,
    listener: TypedListener<Events[K]> | null,
    options?: AddEventListenerOptions | boolean,
  ): void
  removeEventListener<K extends keyof Events & string>(
    type: K,
    listener: TypedListener<Events[K]> | null,
    options?: EventListenerOptions | boolean,
  ): void
  dispatchEvent(event: Event): boolean
}

/** The platform's EventTarget, cast to {@link TypedEventTarget}. The typing adds no runtime code. */
export const TypedEventTarget = EventTarget as unknown as new <
  Events extends Record<keyof Events, Event>,
>() => TypedEventTarget<Events>

/** A listener for one event type: a function, or an object with `handleEvent`. */
type TypedListener<E extends Event> = ((event: E) => void) | { handleEvent(event: E): void }
