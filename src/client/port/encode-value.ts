import { ByteWriter } from './byte-writer.ts'
import { DEFAULT_MAX_PORT_VALUES, MAX_DEPTH, TAG, VIEW_CLASSES } from './value-tags.ts'

/** Returns the number of a port that is transferred; undefined if it isn't. */
export type PortNumbers = (port: MessagePort) => number | undefined

/**
 * Encodes a value as structured clone would copy it: with references to the same object and circles, and
 * without prototypes and accessors.
 *
 * Throws a DataCloneError for what can't be carried: functions, symbols, promises, blobs, DOM objects,
 * and ports that are not transferred, and for more values than {@link DEFAULT_MAX_PORT_VALUES}.
 */
export function encodeValue(value: unknown, numberOf: PortNumbers): Uint8Array<ArrayBuffer> {
  const encoder = new ValueEncoder(numberOf)
  encoder.write(value, 0)
  return encoder.writer.written
}

class ValueEncoder {
  readonly writer = new ByteWriter()
  readonly #numberOf: PortNumbers
  /** The objects that have been written, by the order in which they began. */
  readonly #known = new Map<object, number>()
  #values = 0

  constructor(numberOf: PortNumbers) {
    this.#numberOf = numberOf
  }

  write(value: unknown, depth: number): void {
    const { writer } = this
    this.#values += 1
    if (this.#values > DEFAULT_MAX_PORT_VALUES)
      throw notCloneable(`more than ${DEFAULT_MAX_PORT_VALUES} values`)
    switch (typeof value) {
      case 'undefined':
        return writer.u8(TAG.undefined)
      case 'boolean':
        return writer.u8(value ? TAG.true : TAG.false)
      case 'number':
        writer.u8(TAG.number)
        return writer.f64(value)
      case 'bigint':
        writer.u8(TAG.bigint)
        return writer.text(String(value))
      case 'string':
        writer.u8(TAG.text)
        return writer.text(value)
      case 'object':
        return value === null ? writer.u8(TAG.null) : this.#object(value, depth)
      case 'function':
      case 'symbol':
        throw notCloneable(`a ${typeof value}`)
      default:
        throw notCloneable(typeof value)
    }
  }

  #object(value: object, depth: number): void {
    const { writer } = this
    const known = this.#known.get(value)
    if (known !== undefined) {
      writer.u8(TAG.reference)
      return writer.varint(known)
    }
    if (depth >= MAX_DEPTH) throw notCloneable(`more than ${MAX_DEPTH} levels`)
    this.#known.set(value, this.#known.size)
    if (Array.isArray(value)) return this.#list(TAG.array, value, depth)
    if (value instanceof Map) {
      const entries = [...(value as Map<unknown, unknown>)]
      writer.u8(TAG.map)
      writer.varint(entries.length)
      for (const pair of entries) for (const one of pair) this.write(one, depth + 1)
      return
    }
    if (value instanceof Set) return this.#list(TAG.set, [...(value as Set<unknown>)], depth)
    if (value instanceof Date) {
      writer.u8(TAG.date)
      return writer.f64(value.getTime())
    }
    if (value instanceof ArrayBuffer) {
      writer.u8(TAG.buffer)
      return writer.bytes(new Uint8Array(value))
    }
    if (ArrayBuffer.isView(value)) return this.#view(value)
    if (value instanceof RegExp) {
      writer.u8(TAG.regexp)
      writer.text(value.source)
      return writer.text(value.flags)
    }
    if (value instanceof Error) {
      writer.u8(TAG.error)
      for (const text of [value.name, value.message, value.stack ?? '']) writer.text(text)
      return this.write(value.cause, depth + 1)
    }
    return this.#other(value, depth)
  }

  #other(value: object, depth: number): void {
    const { writer } = this
    if (isMessagePort(value)) {
      const port = this.#numberOf(value)
      if (port === undefined)
        throw notCloneable('a MessagePort that is not in the list of what is transferred')
      writer.u8(TAG.port)
      return writer.varint(port)
    }
    const tag = Object.prototype.toString.call(value)
    if (tag !== '[object Object]') throw notCloneable(tag)
    const entries = Object.entries(value)
    writer.u8(TAG.object)
    writer.varint(entries.length)
    for (const [key, one] of entries) {
      writer.text(key)
      this.write(one, depth + 1)
    }
  }

  #list(tag: number, values: readonly unknown[], depth: number): void {
    this.writer.u8(tag)
    this.writer.varint(values.length)
    for (const one of values) this.write(one, depth + 1)
  }

  #view(value: ArrayBufferView): void {
    // A subclass, such as the Buffer of Node, arrives as its standard class.
    const index = VIEW_CLASSES.findIndex((one) => value instanceof one)
    if (index < 0) throw notCloneable(Object.prototype.toString.call(value))
    this.writer.u8(TAG.view)
    this.writer.u8(index)
    this.writer.bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  }
}

export function isMessagePort(value: unknown): value is MessagePort {
  return typeof MessagePort === 'function' && value instanceof MessagePort
}

function notCloneable(what: string): DOMException {
  return new DOMException(`A message to another peer can’t contain ${what}.`, 'DataCloneError')
}
