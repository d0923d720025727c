import { cleanName } from '../shared/clean-name.ts'
import { isObject } from '../shared/fields.ts'
import { readObject } from './talk.ts'

/** Longest JSON message in bytes. Longer ones are ignored. */
export const MAX_JSON_BYTES = 65_536

/** Encodes and decodes the messages of a protocol. */
export interface Codec<T> {
  /** Returns undefined for invalid bytes. */
  read(bytes: Uint8Array): T | undefined
  write(message: T): Uint8Array
}

/** Validates and cleans the value of a field; returns undefined if it is invalid. */
type Field<T> = (value: unknown) => T | undefined
/** The fields of each kind of message. */
type Kinds = Record<string, Record<string, Field<unknown>>>
/** A message of one of these kinds. Its `name` is the kind. */
export type MessageOf<K extends Kinds> = {
  [N in keyof K]: { name: N } & { [F in keyof K[N]]: Exclude<ReturnType<K[N][F]>, undefined> }
}[keyof K]

/** Returns a codec for JSON objects of these kinds. Drops unknown fields. */
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

/** A text, truncated to a number of characters. */
export function textField(maxLength: number): Field<string> {
  return (value) => (typeof value === 'string' ? value.slice(0, maxLength) : undefined)
}

/** A person's name. */
export const nameField: Field<string> = (value) => (typeof value === 'string' ? cleanName(value) : undefined)

/** Names of people by key, at most `maxCount`. */
export function namesField(maxCount: number): Field<Record<string, string>> {
  return (value) => {
    if (!isObject(value)) return undefined
    const listed = Object.entries(value).slice(0, maxCount)
    return Object.fromEntries(listed.map(([key, name]) => [key, cleanName(String(name))]))
  }
}
