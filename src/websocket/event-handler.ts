import type { Platform } from './platform.ts'

/**
 * An event handler attribute (`onmessage` and its like), by the HTML standard, section 8.1.8.1.
 *
 * Invariant: it is one listener, in the place among the others that it took when it was last set from null; replacing the
 * function keeps the place, setting null gives it up.
 */
export class EventHandler {
  readonly #platform: Platform
  readonly #target: EventTarget
  readonly #type: string
  #value: object | null = null

  constructor(platform: Platform, target: EventTarget, type: string) {
    this.#platform = platform
    this.#target = target
    this.#type = type
  }

  get value(): object | null {
    return this.#value
  }

  /** What is no object becomes null (`[LegacyTreatNonObjectAsNull]`); an object that is no function is kept, never called. */
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
