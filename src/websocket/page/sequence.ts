/** `Symbol.iterator`, captured before a page can replace `Symbol`. */
export const ITERATOR: typeof Symbol.iterator = Symbol.iterator

/**
 * Returns values in a form that Web IDL reads as a `sequence`, whatever the page has done to
 * `Array.prototype`: Firefox reads an array with the iterator of that prototype.
 */
export function sequenceOf<T>(values: readonly T[]): Iterable<T> {
  return {
    [ITERATOR]() {
      let index = 0
      return {
        next(): IteratorResult<T, undefined> {
          if (index >= values.length) return { done: true, value: undefined }
          index += 1
          return { done: false, value: values[index - 1] as T }
        },
      }
    },
  }
}
