/** How Web IDL shows an interface to pages, as far as its class here can't tell. */
export interface InterfaceShape {
  /** Arguments that the constructor requires; null where pages can't construct one. */
  requires: number | null
  /** Arguments that methods require; none where nothing is said. */
  methods?: Readonly<Record<string, number>>
}

export type AnyClass = new (...args: never[]) => object

/**
 * Makes the own members of a class or of its prototype enumerable, and its methods as long as their required
 * arguments are many.
 */
function shapeMembers(object: object, except: readonly string[], lengths: Record<string, number>): void {
  for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (except.includes(key)) continue
    Object.defineProperty(object, key, { enumerable: true })
    if (typeof value === 'function') Object.defineProperty(value, 'length', { value: lengths[key] ?? 0 })
  }
}

/**
 * Returns the class as pages see it: named, with enumerable members, the lengths and the `Symbol.toStringTag`
 * that Web IDL gives, and with TypeError for a constructor call with too few arguments, or for any where
 * pages have no constructor. The class itself stays the one that makes instances here.
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
