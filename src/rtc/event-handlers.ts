/** What an `on…` attribute holds: a function that is called, an object that is kept and not called, or null. */
export type EventHandler = object | null

/** The present handlers of each target, by event type. */
const handlers = new WeakMap<EventTarget, Map<string, EventHandler>>()

/**
 * Gives a class of event targets its `on…` attributes, as accessors on its prototype, which behave as the HTML standard's
 * event handlers do.
 *
 * Each is one permanent listener, added when it is first set, that calls the present handler with the target as `this`: it
 * keeps its place among the listeners when it is replaced. What is no object and no function becomes null.
 */
export function defineHandlers(prototype: EventTarget, types: readonly string[]): void {
  for (const type of types) {
    Object.defineProperty(prototype, `on${type}`, {
      configurable: true,
      enumerable: true,
      get(this: EventTarget): EventHandler {
        return handlers.get(this)?.get(type) ?? null
      },
      set(this: EventTarget, value: unknown) {
        setHandler(this, type, value)
      },
    })
  }
}

function setHandler(target: EventTarget, type: string, value: unknown): void {
  const own = handlers.get(target) ?? new Map<string, EventHandler>()
  handlers.set(target, own)
  const isHandler = (typeof value === 'object' || typeof value === 'function') && value !== null
  if (!own.has(type)) {
    target.addEventListener(type, (event) => {
      const present = own.get(type)
      if (typeof present === 'function') Reflect.apply(present, target, [event])
    })
  }
  own.set(type, isHandler ? value : null)
}
