/** Whether the value is an object, whose properties can be read. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/**
 * Whether the value is a non-negative safe integer, such as the number of a connection or a count of bytes.
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

/** Returns a guard that accepts null and what `guard` accepts. */
export function orNull<T>(guard: (value: unknown) => value is T): (value: unknown) => value is T | null {
  return (value): value is T | null => value === null || guard(value)
}

/** Returns a guard that accepts undefined, an absent member, and what `guard` accepts. */
export function orAbsent<T>(
  guard: (value: unknown) => value is T,
): (value: unknown) => value is T | undefined {
  return (value): value is T | undefined => value === undefined || guard(value)
}

/** Returns a guard for an array whose items `guard` accepts. */
export function listOf<T>(guard: (value: unknown) => value is T): (value: unknown) => value is T[] {
  return (value): value is T[] => Array.isArray(value) && value.every((item) => guard(item))
}

/** Returns a guard for one of these words: an enumeration of Web IDL. */
export function oneOf<const T extends string>(words: readonly T[]): (value: unknown) => value is T {
  const set: ReadonlySet<unknown> = new Set(words)
  return (value): value is T => set.has(value)
}

/**
 * Returns a guard for an object whose members pass the guards of the same names. Other members are ignored.
 */
export function shape<T extends object>(guards: { [K in keyof Required<T>]: (value: unknown) => boolean }): (
  value: unknown,
) => value is T {
  const entries = Object.entries<(value: unknown) => boolean>(guards)
  return (value): value is T => isRecord(value) && entries.every(([name, guard]) => guard(value[name]))
}

/** Whether the value is a MessagePort. Only a transfer can bring one. */
export function isPort(value: unknown): value is MessagePort {
  return value instanceof MessagePort
}

/** Whether `guards` has a guard for the value's `type`, and the value passes it. */
export function hasType(guards: Record<string, (value: unknown) => boolean>, value: unknown): boolean {
  if (!isRecord(value)) return false
  const { type } = value
  return typeof type === 'string' && Object.hasOwn(guards, type) && guards[type]?.(value) === true
}
