/** An EventTarget whose events are those of `Events`, by their type. */
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

/** The platform's own class, which needs no code for the types. */
export const TypedEventTarget = EventTarget as unknown as new <
  Events extends Record<keyof Events, Event>,
>() => TypedEventTarget<Events>

/** What an EventTarget calls. */
type TypedListener<E extends Event> = ((event: E) => void) | { handleEvent(event: E): void }
