import type { Connection } from '../../src/client/index.ts'

/** Sends bytes. Somebody who has left, or takes nothing any more, is told nothing. */
export function sendTo(connection: Connection, bytes: Uint8Array): void {
  try {
    connection.send(bytes)
  } catch {
    connection.close()
  }
}

/** Sends a value as a message of JSON, as `sendTo` does. */
export function tell(connection: Connection, message: unknown): void {
  sendTo(connection, new TextEncoder().encode(JSON.stringify(message)))
}

/** The next message. Rejects if the connection is lost, or the other side has ended it. */
export async function nextMessage(connection: Connection): Promise<Uint8Array> {
  const { value, done } = await connection[Symbol.asyncIterator]().next()
  if (done === true) throw new Error('the other side has ended it')
  return value
}

/** The next message as a value of JSON. Rejects as `nextMessage` does, and if it is no JSON or not what `isMeant` knows. */
export async function nextValue<T>(
  connection: Connection,
  isMeant: (value: unknown) => value is T,
): Promise<T> {
  return valueOf(await nextMessage(connection), isMeant)
}

/** A message as a value of JSON. Throws if it is no JSON or not what `isMeant` knows. */
export function valueOf<T>(message: Uint8Array, isMeant: (value: unknown) => value is T): T {
  const text = new TextDecoder().decode(message)
  const value: unknown = JSON.parse(text)
  if (!isMeant(value)) throw new Error(`the other side says what is not understood: ${text.slice(0, 100)}`)
  return value
}

/** The fields of an object that came as a message; none if it is no object, no JSON, or longer than so many bytes. */
export function readObject(bytes: Uint8Array, maxBytes: number): Record<string, unknown> {
  if (bytes.byteLength > maxBytes) return {}
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

/** Whether a field is an object that has fields itself. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A guard of whole numbers from 0 up to one. */
export const countUpTo =
  (most: number) =>
  (value: unknown): value is number =>
    Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most
