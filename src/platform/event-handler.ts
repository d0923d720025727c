/**
 * The functions of the platform that an {@link EventHandler} uses. They are captured early, because a page
 * may replace the global ones.
 */
export interface EventHandlerPlatform {
  listen(target: EventTarget, type: string, listener: (event: Event) => void): void
  unlisten(target: EventTarget, type: string, listener: (event: Event) => void): void
  apply(callback: Function, self: unknown, args: unknown[]): unknown
}

/**
 * An event handler attribute such as `onmessage` (HTML standard, section 8.1.8.1).
 *
 * Invariant: the handler is one listener of its target. It takes its place among the others when it is set
 * from null, keeps the place when it is replaced, and gives it up when it is set to null.
 */
export class EventHandler {
  readonly #platform: EventHandlerPlatform
  readonly #target: EventTarget
  readonly #type: string
  #value: object | null = null

  constructor(platform: EventHandlerPlatform, target: EventTarget, type: string) {
    this.#platform = platform
    this.#target = target
    this.#type = type
  }

  get value(): object | null {
    return this.#value
  }

  /**
   * A primitive becomes null (`[LegacyTreatNonObjectAsNull]`). An object that isn't a function is kept and
   * never called.
   */
  set value(value: unknown) {
    const object = (typeof value === 'object' || typeof value === 'function') && value !== null ? value : null
    const was = this.#value
    this.#value = object
    if (was === null && object !== null) this.#platform.listen(this.#target, this.#type, this.#listener)
    else if (was !== null && object === null) {
      this.#platform.unlisten(this.#target, this.#type, this.#listener)
    }
  }

  readonly #listener = (event: Event): void => {
    if (typeof this.#value === 'function') this.#platform.apply(this.#value, this.#target, [event])
  }
}
