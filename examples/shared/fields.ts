/** Checks that a value is an object, but not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns a guard for objects whose fields these guards accept. */
export function hasFields<T extends object>(fields: {
  [Name in keyof T]: (value: unknown) => value is T[Name]
}): (value: unknown) => value is T {
  const guards = Object.entries<(value: unknown) => boolean>(fields)
  return (value): value is T => isObject(value) && guards.every(([name, isValid]) => isValid(value[name]))
}

/** Returns a guard for texts of at most `maxLength` UTF-16 units. */
export const textUpTo =
  (maxLength: number) =>
  (value: unknown): value is string =>
    typeof value === 'string' && value.length <= maxLength

/** Returns a guard for integers from 0 to `most`. */
export const countUpTo =
  (most: number) =>
  (value: unknown): value is number =>
    Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most

/** Returns a guard for lists of at most `maxLength` items that `isItem` accepts. */
export const listUpTo =
  <T>(maxLength: number, isItem: (value: unknown) => value is T) =>
  (value: unknown): value is T[] =>
    Array.isArray(value) && value.length <= maxLength && value.every((item) => isItem(item))
