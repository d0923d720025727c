/** What an `on…` attribute holds: a function that is called, an object that is kept and not called, or null. */
export type EventHandler = object | null

/** The present handlers of each target, by event type. */
const handlers = new WeakMap<EventTarget, Map<string, EventHandler>>()

/**
 * Gives a class of event targets its `on…` attributes, as accessors on its prototype, which behave as the HTML standard's
 * event handlers do. They throw TypeError on an object of which `isInstance` is not true.
 *
 * Each is one permanent listener, added when it is first set, that calls the present handler with the target as `this`: it
 * keeps its place among the listeners when it is replaced. What is no object and no function becomes null.
 */
export function defineHandlers(
  prototype: EventTarget,
  types: readonly string[],
  isInstance: (value: object) => boolean,
): void {
  const check = (target: EventTarget): void => {
    if (!isInstance(target)) throw new TypeError('Illegal invocation')
  }
  for (const type of types) {
    const name = `on${type}`
    const accessor = {
      get [name](): EventHandler {
        check(this as unknown as EventTarget)
        return handlers.get(this as unknown as EventTarget)?.get(type) ?? null
      },
      set [name](value: unknown) {
        check(this as unknown as EventTarget)
        setHandler(this as unknown as EventTarget, type, value)
      },
    }
    Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(accessor))
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
