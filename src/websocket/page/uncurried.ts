// What a page does to `Function.prototype` or `Reflect` later does not reach what is made here.
const { apply } = Reflect

type Uncurried<F> = F extends (...args: infer Args) => infer Result
  ? (self: unknown, ...args: Args) => Result
  : never

/** A method of `prototype`, as it is now, as a function of its `this`. */
export function uncurried<This, Key extends keyof This>(prototype: This, key: Key): Uncurried<This[Key]> {
  const method = prototype[key] as Function
  const call = (self: unknown, ...args: unknown[]): unknown => apply(method, self, args)
  return call as Uncurried<This[Key]>
}

/** The getter of an accessor of `prototype`, as it is now, as a function of its `this`. */
export function getter(prototype: object, key: PropertyKey): (self: unknown) => unknown {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, key)
  // What this engine does not have yet (`resizable`) nothing of it can be.
  if (descriptor?.get === undefined) return () => undefined
  const { get } = descriptor as { get: Function }
  return (self) => apply(get, self, [])
}

/** The setter of an accessor of `prototype`, as it is now, as a function of its `this`. */
export function setter(prototype: object, key: PropertyKey): (self: unknown, value: unknown) => void {
  const { set } = Object.getOwnPropertyDescriptor(prototype, key) as { set: Function }
  return (self, value) => void apply(set, self, [value])
}
