/** True if `value` is an object whose properties can be looked at. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/**
 * True for a whole number from 0 up that JavaScript holds exactly: a number of a connection or call, a count
 * of bytes.
 */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

export function isString(value: unknown): value is string {
  return typeof value === 'string'
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

/** A guard for null or what `guard` takes. */
export function orNull<T>(guard: (value: unknown) => value is T): (value: unknown) => value is T | null {
  return (value): value is T | null => value === null || guard(value)
}

/** A guard for undefined (or an absent member) or what `guard` takes. */
export function orAbsent<T>(
  guard: (value: unknown) => value is T,
): (value: unknown) => value is T | undefined {
  return (value): value is T | undefined => value === undefined || guard(value)
}

/** A guard for an array of what `guard` takes. */
export function listOf<T>(guard: (value: unknown) => value is T): (value: unknown) => value is T[] {
  return (value): value is T[] => Array.isArray(value) && value.every((item) => guard(item))
}

/** A guard for one of some words: what WebIDL calls an enumeration. */
export function oneOf<const T extends string>(words: readonly T[]): (value: unknown) => value is T {
  const set: ReadonlySet<unknown> = new Set(words)
  return (value): value is T => set.has(value)
}

/** A guard for an object whose members pass the guards of the same names; other members are not looked at. */
export function shape<T extends object>(guards: { [K in keyof Required<T>]: (value: unknown) => boolean }): (
  value: unknown,
) => value is T {
  const entries = Object.entries<(value: unknown) => boolean>(guards)
  return (value): value is T => isRecord(value) && entries.every(([name, guard]) => guard(value[name]))
}

/** True for a MessagePort, which only a transfer can have brought. */
export function isPort(value: unknown): value is MessagePort {
  return value instanceof MessagePort
}

/** True if `value` has the type of one of the guards, and passes that guard. */
export function hasType(guards: Record<string, (value: unknown) => boolean>, value: unknown): boolean {
  if (!isRecord(value)) return false
  const { type } = value
  return typeof type === 'string' && Object.hasOwn(guards, type) && guards[type]?.(value) === true
}
