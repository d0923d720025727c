import { NAMES } from './classes.ts'

/** A property's descriptor, with functions as plain values. */
export interface Descriptor {
  value?: unknown
  get?: { name: string }
  set?: { name: string; length: number }
  enumerable?: boolean
  configurable?: boolean
  writable?: boolean
}

/** The own properties of an object, including those with symbols as names. */
export function descriptorsOf(object: object): Record<string | symbol, Descriptor> {
  return Object.getOwnPropertyDescriptors(object)
}

function describeProperty({ value, get, set, ...flags }: Descriptor): string {
  const kind =
    typeof value === 'function'
      ? `a function ${value.name} of ${value.length}`
      : get === undefined
        ? `a value of type ${typeof value}`
        : `an accessor ${get.name}, ${set === undefined ? 'read only' : `${set.name} of ${set.length}`}`
  const present = Object.entries(flags).flatMap(([name, flag]) => (flag ? name : []))
  return `${kind}: ${present.sort().join()}`
}

function describeAll(place: string, object: object): [string, string][] {
  const properties = descriptorsOf(object)
  return Reflect.ownKeys(properties).map((key) => [
    `${place}.${String(key)}`,
    describeProperty(properties[key] ?? {}),
  ])
}

const parentOf = (object: object): string =>
  String((Object.getPrototypeOf(object) as { constructor?: { name: string } } | null)?.constructor?.name)

/** A description of each property of each class and its prototype, by its place; a missing class has none. */
export function interfaceShapes(): Record<string, string> {
  const shapes: [string, string][] = []
  for (const name of NAMES) {
    const Class: unknown = Reflect.get(globalThis, name)
    if (typeof Class !== 'function') continue
    const prototype = Class.prototype as object
    shapes.push(
      [`the parent of ${name}`, (Object.getPrototypeOf(Class) as { name: string }).name],
      [`the parent of ${name}.prototype`, parentOf(prototype)],
      [`the tag of ${name}.prototype`, Object.prototype.toString.call(prototype)],
      ...describeAll(name, Class),
      ...describeAll(`${name}.prototype`, prototype),
    )
  }
  return Object.fromEntries(shapes)
}
