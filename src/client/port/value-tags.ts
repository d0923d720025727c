/*
 * The format of values in the messages of a port: a tag, then what follows from it. Lengths, counts and
 * references are LEB128 varints, text is UTF-8 after its length, numbers are IEEE 754 doubles, big-endian.
 */

/** The first byte of an encoded value. */
export const TAG = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  number: 4,
  text: 5,
  /** Its decimal digits as text. */
  bigint: 6,
  /** Milliseconds since 1970 as a number. */
  date: 7,
  buffer: 8,
  /** The index of its class in {@link VIEW_CLASSES}, then its bytes. */
  view: 9,
  /** A count, then so many values. */
  array: 10,
  /** A count, then so many pairs of text and value. */
  object: 11,
  /** A count, then so many pairs of values. */
  map: 12,
  set: 13,
  /** Name, message and stack as text, then the cause as a value. */
  error: 14,
  /** Source and flags as text. */
  regexp: 15,
  /** The index of an earlier object in the message, counted in the order in which they began. */
  reference: 16,
  /** The number of a port that is transferred. */
  port: 17,
} as const

/** The views that a value may contain, by their number. New ones are added at the end. */
export const VIEW_CLASSES: readonly (new (buffer: ArrayBuffer) => ArrayBufferView)[] = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
  DataView,
]

/** The standard error classes, by their names. All others become an Error with their name. */
export const ERROR_CLASSES: ReadonlyMap<string, ErrorConstructor> = new Map(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((one) => [
    one.name,
    one,
  ]),
)

/** Levels of values within values. Deeper ones are refused, because reading them would exhaust the stack. */
export const MAX_DEPTH = 500

/**
 * Values in one message, each element, key of a map and field counted. More are refused: an empty set takes
 * two bytes of a message, but about a hundred times that in memory.
 */
export const DEFAULT_MAX_PORT_VALUES = 1_000_000
