import type { Connection } from '../../src/client/index.ts'
import { wordsOf } from '../../src/site/settings/said.ts'

/** Sends an object as a message. Somebody who has left, or takes nothing any more, is told nothing. */
export function tell(connection: Connection, message: object): void {
  try {
    connection.send(new TextEncoder().encode(JSON.stringify(message)))
  } catch {
    connection.close()
  }
}

/** Hears each message, until the connection ends; then it gives why it did, in words. Never rejects. */
export async function hear(connection: Connection, heard: (bytes: Uint8Array) => void): Promise<string> {
  try {
    for await (const bytes of connection) heard(bytes)
    return 'The other side has ended it.'
  } catch (error) {
    return wordsOf(error)
  }
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
