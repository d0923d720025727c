/** What an `on…` attribute holds: a function that is called, an object that is kept and not called, or null. */
export type EventHandler = object | null

/**
 * The `on…` attributes of one event target, as the HTML standard's event handlers behave.
 *
 * Each is one permanent listener, added when it is first set, that calls the present handler: it keeps its place among the
 * listeners when it is replaced. The handler's `this` is the target.
 */
export class EventHandlers {
  readonly #target: EventTarget
  readonly #handlers = new Map<string, EventHandler>()

  constructor(target: EventTarget) {
    this.#target = target
  }

  get(type: string): EventHandler {
    return this.#handlers.get(type) ?? null
  }

  /** Anything but an object or function becomes null, as WebIDL's legacy treatment of such attributes has it. */
  set(type: string, value: unknown): void {
    const handler =
      (typeof value === 'object' || typeof value === 'function') && value !== null ? value : null
    if (!this.#handlers.has(type)) {
      this.#target.addEventListener(type, (event) => {
        const present = this.#handlers.get(type)
        if (typeof present === 'function') Reflect.apply(present, this.#target, [event])
      })
    }
    this.#handlers.set(type, handler)
  }
}
