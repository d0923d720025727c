/** What Web IDL says about an interface beyond what its class here expresses. */
export interface InterfaceShape {
  /** The number of arguments that the constructor requires; null if pages can't call it. */
  requires: number | null
  /** The number of arguments that each method requires; default 0. */
  methods?: Readonly<Record<string, number>>
}

export type AnyClass = new (...args: never[]) => object

/**
 * Makes the own members of a class or its prototype enumerable, and sets the `length` of its methods.
 */
function shapeMembers(object: object, except: readonly string[], lengths: Record<string, number>): void {
  for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (except.includes(key)) continue
    Object.defineProperty(object, key, { enumerable: true })
    if (typeof value === 'function') Object.defineProperty(value, 'length', { value: lengths[key] ?? 0 })
  }
}

/**
 * Returns the class as pages see it, with the name, the enumerable members, the lengths and the
 * `Symbol.toStringTag` that Web IDL requires. Its constructor throws TypeError for too few arguments, or
 * always if pages can't call it. Code here makes instances with the original class.
 */
export function shapeInterface(
  name: string,
  Class: AnyClass,
  { requires, methods = {} }: InterfaceShape,
): AnyClass {
  const prototype = Class.prototype as object
  shapeMembers(Class, ['length', 'name', 'prototype'], methods)
  shapeMembers(prototype, ['constructor'], methods)
  Object.defineProperty(Class, 'name', { value: name })
  Object.defineProperty(Class, 'length', { value: requires ?? 0 })
  const exposed = new Proxy(Class, {
    construct(target, args, newTarget) {
      if (requires === null) throw new TypeError('Illegal constructor')
      if (args.length < requires) throw new TypeError(`${name}: ${requires} argument(s) required.`)
      return Reflect.construct(target, args, newTarget) as object
    },
  })
  Object.defineProperty(prototype, 'constructor', { value: exposed })
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true })
  return exposed
}
