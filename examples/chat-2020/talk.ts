import type { Connection } from '../../src/client/index.ts'
import { isObject } from '../shared/fields.ts'

/** Sends bytes. Closes the connection if its peer has left or no longer reads. */
export function sendBytes(connection: Connection, bytes: Uint8Array): void {
  try {
    connection.send(bytes)
  } catch {
    connection.close()
  }
}

/** Sends a value as JSON, like {@link sendBytes}. */
export function sendValue(connection: Connection, message: unknown): void {
  sendBytes(connection, new TextEncoder().encode(JSON.stringify(message)))
}

/** Returns the next message. Rejects if the connection is closed or lost. */
export async function nextMessage(connection: Connection): Promise<Uint8Array> {
  const { value, done } = await connection[Symbol.asyncIterator]().next()
  if (done === true) throw new Error('the other side closed the connection')
  return value
}

/**
 * Returns the next message, parsed as JSON. Rejects like {@link nextMessage}, and if the message is not what
 * `isExpected` accepts.
 */
export async function nextValue<T>(
  connection: Connection,
  isExpected: (value: unknown) => value is T,
): Promise<T> {
  return parseValue(await nextMessage(connection), isExpected)
}

/** Parses a message as JSON. Throws if it is invalid or `isExpected` rejects it. */
export function parseValue<T>(message: Uint8Array, isExpected: (value: unknown) => value is T): T {
  const text = new TextDecoder().decode(message)
  const value: unknown = JSON.parse(text)
  if (!isExpected(value)) throw new Error(`unexpected message from the other side: ${text.slice(0, 100)}`)
  return value
}

/** Returns the fields of a JSON object; none if it is invalid or longer than `maxBytes`. */
export function readObject(bytes: Uint8Array, maxBytes: number): Record<string, unknown> {
  if (bytes.byteLength > maxBytes) return {}
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
