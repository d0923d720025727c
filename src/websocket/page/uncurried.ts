// Captured, so that later changes to `Function.prototype` or `Reflect` have no effect on the functions made
// here.
const { apply } = Reflect

type Uncurried<F> = F extends (...args: infer Args) => infer Result
  ? (self: unknown, ...args: Args) => Result
  : never

/** Returns a method of `prototype`, as it is now, as a function whose first argument is `this`. */
export function uncurried<This, Key extends keyof This>(prototype: This, key: Key): Uncurried<This[Key]> {
  const method = prototype[key] as Function
  const call = (self: unknown, ...args: unknown[]): unknown => apply(method, self, args)
  return call as Uncurried<This[Key]>
}

/** Returns a getter of `prototype`, as it is now, as a function whose argument is `this`. */
export function getter(prototype: object, key: PropertyKey): (self: unknown) => unknown {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, key)
  // An engine without the accessor (`resizable` is new) has no object for which it would be true.
  if (descriptor?.get === undefined) return () => undefined
  const { get } = descriptor as { get: Function }
  return (self) => apply(get, self, [])
}

/** Returns a setter of `prototype`, as it is now, as a function whose first argument is `this`. */
export function setter(prototype: object, key: PropertyKey): (self: unknown, value: unknown) => void {
  const { set } = Object.getOwnPropertyDescriptor(prototype, key) as { set: Function }
  return (self, value) => void apply(set, self, [value])
}
