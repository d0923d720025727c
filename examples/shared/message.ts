import { cleanName } from './clean-name.ts'
import { isObject, readObject } from './talk.ts'

/** Bytes of a message of JSON: no longer one is read. */
export const MAX_JSON_BYTES = 65_536

/** How the messages of a protocol are read and written. */
export interface Codec<T> {
  /** Undefined for anything that is no message of the protocol. */
  read(bytes: Uint8Array): T | undefined
  write(message: T): Uint8Array
}

/** Takes the value of a field as it may be used; undefined if it is something else. */
type Field<T> = (value: unknown) => T | undefined
/** Each kind of message with its fields. */
type Kinds = Record<string, Record<string, Field<unknown>>>
/** A message of one of these kinds, which is its `name`. */
export type MessageOf<K extends Kinds> = {
  [N in keyof K]: { name: N } & { [F in keyof K[N]]: Exclude<ReturnType<K[N][F]>, undefined> }
}[keyof K]

/** Messages that are JSON objects of these kinds. What a peer puts into one beside their fields is left out. */
export function jsonCodec<K extends Kinds>(kinds: K): Codec<MessageOf<K>> {
  return {
    read(bytes) {
      const object = readObject(bytes, MAX_JSON_BYTES)
      const name = String(object['name'])
      const fields = Object.hasOwn(kinds, name) ? kinds[name] : undefined
      if (fields === undefined) return undefined
      const message: Record<string, unknown> = { name }
      for (const [field, take] of Object.entries(fields)) message[field] = take(object[field])
      return Object.values(message).includes(undefined) ? undefined : (message as MessageOf<K>)
    },
    write: (message) => new TextEncoder().encode(JSON.stringify(message)),
  }
}

/** A text, cut to so many characters. */
export function textField(maxLength: number): Field<string> {
  return (value) => (typeof value === 'string' ? value.slice(0, maxLength) : undefined)
}

/** A person's name. */
export const nameField: Field<string> = (value) => (typeof value === 'string' ? cleanName(value) : undefined)

/** Names of people by their keys, of so many at the most. */
export function namesField(maxCount: number): Field<Record<string, string>> {
  return (value) => {
    if (!isObject(value)) return undefined
    const listed = Object.entries(value).slice(0, maxCount)
    return Object.fromEntries(listed.map(([key, name]) => [key, cleanName(String(name))]))
  }
}
