import { ByteReader } from './byte-reader.ts'
import { DEFAULT_MAX_PORT_VALUES, ERROR_CLASSES, MAX_DEPTH, TAG, VIEW_CLASSES } from './value-tags.ts'

/**
 * Decodes a value. Throws an Error if the bytes are malformed.
 *
 * @param port returns the port with a number
 */
export function decodeValue(bytes: Uint8Array, port: (id: number) => MessagePort): unknown {
  const decoder = new ValueDecoder(new ByteReader(bytes), port)
  const value = decoder.read(0)
  decoder.end()
  return value
}

class ValueDecoder {
  readonly #reader: ByteReader
  readonly #port: (id: number) => MessagePort
  readonly #known: unknown[] = []
  #values = 0

  constructor(reader: ByteReader, port: (id: number) => MessagePort) {
    this.#reader = reader
    this.#port = port
  }

  end(): void {
    if (this.#reader.remaining > 0) throw new RangeError('the value ends before its message')
  }

  read(depth: number): unknown {
    const reader = this.#reader
    if (depth > MAX_DEPTH) throw new RangeError('there are too many levels')
    this.#values += 1
    if (this.#values > DEFAULT_MAX_PORT_VALUES)
      throw new RangeError(`there are more than ${DEFAULT_MAX_PORT_VALUES} values`)
    const tag = reader.u8()
    switch (tag) {
      case TAG.undefined:
        return undefined
      case TAG.null:
        return null
      case TAG.false:
        return false
      case TAG.true:
        return true
      case TAG.number:
        return reader.f64()
      case TAG.text:
        return reader.text()
      case TAG.bigint:
        return BigInt(reader.text())
      case TAG.reference:
        return this.#reference(reader.varint())
      case TAG.array:
        return this.#array(depth)
      case TAG.object:
        return this.#object(depth)
      case TAG.map:
        return this.#map(depth)
      case TAG.set:
        return this.#set(depth)
      case TAG.error:
        return this.#error(depth)
      default:
        return this.#know(this.#leaf(tag))
    }
  }

  /** Reads an object that contains no other values. */
  #leaf(tag: number): object {
    const reader = this.#reader
    switch (tag) {
      case TAG.date:
        return new Date(reader.f64())
      case TAG.buffer:
        return reader.bytes().slice().buffer
      case TAG.view: {
        const Class = VIEW_CLASSES[reader.u8()]
        if (Class === undefined) throw new RangeError('the class of a view is unknown')
        // A copy starts at offset 0, as views of several bytes need.
        return new Class(reader.bytes().slice().buffer)
      }
      case TAG.regexp:
        return new RegExp(reader.text(), reader.text())
      case TAG.port:
        return this.#port(reader.varint())
      default:
        throw new RangeError(`the tag ${tag} is unknown`)
    }
  }

  #know<T>(value: T): T {
    this.#known.push(value)
    return value
  }

  #reference(index: number): unknown {
    if (index >= this.#known.length) throw new RangeError('a reference leads to nothing')
    return this.#known[index]
  }

  #array(depth: number): unknown[] {
    const count = this.#reader.count()
    const values: unknown[] = this.#know([])
    for (let at = 0; at < count; at++) values.push(this.read(depth + 1))
    return values
  }

  #object(depth: number): object {
    const count = this.#reader.count()
    const value = this.#know({})
    for (let at = 0; at < count; at++) {
      const key = this.#reader.text()
      // Not an assignment, which would run the accessor of `__proto__`.
      Object.defineProperty(value, key, {
        value: this.read(depth + 1),
        configurable: true,
        enumerable: true,
        writable: true,
      })
    }
    return value
  }

  #map(depth: number): Map<unknown, unknown> {
    const count = this.#reader.count()
    const values = this.#know(new Map<unknown, unknown>())
    for (let at = 0; at < count; at++) values.set(this.read(depth + 1), this.read(depth + 1))
    return values
  }

  #set(depth: number): Set<unknown> {
    const count = this.#reader.count()
    const values = this.#know(new Set())
    for (let at = 0; at < count; at++) values.add(this.read(depth + 1))
    return values
  }

  #error(depth: number): Error {
    const [name, message, stack] = [this.#reader.text(), this.#reader.text(), this.#reader.text()]
    const Class = ERROR_CLASSES.get(name) ?? Error
    const error = this.#know(new Class(message))
    if (error.name !== name) hide(error, 'name', name)
    hide(error, 'stack', stack)
    const cause = this.read(depth + 1)
    if (cause !== undefined) hide(error, 'cause', cause)
    return error
  }
}

/** Sets a property as that of an error's constructor is: not enumerable. */
function hide(error: Error, property: string, value: unknown): void {
  Object.defineProperty(error, property, { value, configurable: true, writable: true })
}
