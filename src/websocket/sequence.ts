/** `Symbol.iterator`, taken before a page can replace `Symbol`. */
export const ITERATOR: typeof Symbol.iterator = Symbol.iterator

/**
 * Values as a `sequence` of Web IDL that can be read whatever the page did to `Array.prototype`: Firefox reads an array by the
 * iterator that it has there.
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
