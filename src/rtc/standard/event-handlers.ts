import type { EventHandlerPlatform } from '../../platform/event-handler.ts'
import { EventHandler as Handler } from '../../platform/event-handler.ts'

/**
 * The value of an `on…` attribute: a function that is called, an object that is kept and not called, or null.
 */
export type EventHandler = object | null

const platform: EventHandlerPlatform = {
  listen: (target, type, listener) => target.addEventListener(type, listener),
  unlisten: (target, type, listener) => target.removeEventListener(type, listener),
  apply: (callback, self, args) => Reflect.apply(callback, self, args) as unknown,
}

/** The handlers of each target by event type. */
const handlers = new WeakMap<EventTarget, Map<string, Handler>>()

/**
 * Defines the `on…` attributes of a class of event targets as accessors on its prototype. They throw
 * TypeError on an object for which `isInstance` returns false.
 */
export function defineHandlers(
  prototype: EventTarget,
  types: readonly string[],
  isInstance: (value: object) => boolean,
): void {
  const handlerOf = (target: EventTarget, type: string): Handler => {
    if (!isInstance(target)) throw new TypeError('Illegal invocation')
    const own = handlers.get(target) ?? new Map<string, Handler>()
    handlers.set(target, own)
    const handler = own.get(type) ?? new Handler(platform, target, type)
    own.set(type, handler)
    return handler
  }
  for (const type of types) {
    const name = `on${type}`
    const accessor = {
      get [name](): EventHandler {
        return handlerOf(this as unknown as EventTarget, type).value
      },
      set [name](value: unknown) {
        handlerOf(this as unknown as EventTarget, type).value = value
      },
    }
    Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(accessor))
  }
}
