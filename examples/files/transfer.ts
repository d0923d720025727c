import { sha256 } from '@noble/hashes/sha2.js'
import type { Connection } from '../../src/client/index.ts'
import type { DiskFile } from '../shared/disk-file.ts'
import type { Progress } from '../shared/progress.ts'

/*
 * Each message is a frame. The sender says what it has: {name, size, version}. The receiver says from where on it wants it: {have},
 * and again what it has after every piece. Pieces are bare bytes, in their order. At last the sender says {sha256}.
 */

/** Bytes of a piece. */
const PIECE_BYTES = 262_144
/** Bytes that the sender is ahead of what the receiver has written. */
const WINDOW_BYTES = 4_194_304

/** What is offered. `version` is another one when the file has changed. */
export interface Offer {
  name: string
  size: number
  version: number
}

/** Sends a file to one receiver, from where that one wants it on. Rejects if the connection is lost. */
export async function send(
  connection: Connection,
  file: File,
  hash: Promise<string>,
  progress: Progress,
): Promise<void> {
  say(connection, { name: file.name, size: file.size, version: file.lastModified } satisfies Offer)
  const heard = connection[Symbol.asyncIterator]()
  let has = await number(heard, 'have')
  progress.begin(has)
  for (let sent = has; has < file.size; has = await number(heard, 'have'), progress.at(has)) {
    while (sent < file.size && sent - has < WINDOW_BYTES) {
      const piece = new Uint8Array(await file.slice(sent, sent + PIECE_BYTES).arrayBuffer())
      if (!connection.send(piece)) await connection.drain()
      sent += piece.byteLength
    }
  }
  say(connection, { sha256: await hash })
  // The receiver closes when it has read that.
  await connection.closed
}

/** Hears what is offered, before anything is sent. */
export async function hearOffer(connection: Connection): Promise<Offer> {
  const { name, size, version } = await object(connection[Symbol.asyncIterator]())
  if (typeof name !== 'string' || !isCount(size) || typeof version !== 'number')
    throw new Error('that is no offer')
  return { name: cleanName(name), size, version }
}

/** Receives the rest of a file. Gives its hash as the sender says it; rejects if the connection is lost. */
export async function receive(
  connection: Connection,
  to: DiskFile,
  hash: Hash,
  progress: Progress,
): Promise<string> {
  const heard = connection[Symbol.asyncIterator]()
  progress.begin(progress.done)
  say(connection, { have: progress.done })
  while (!progress.isOver) {
    const piece = new Uint8Array(await next(heard))
    if (progress.done + piece.byteLength > progress.total) throw new Error('more came than was offered')
    await to.write(piece)
    hash.update(piece)
    progress.at(progress.done + piece.byteLength)
    say(connection, { have: progress.done })
  }
  const { sha256: said } = await object(heard)
  connection.close()
  return typeof said === 'string' ? said : ''
}

/** A SHA-256 that is made of pieces. */
export type Hash = ReturnType<typeof sha256.create>
export const newHash = (): Hash => sha256.create()
export const hex = (hash: Hash): string =>
  Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** The hash of a file, read piece by piece. */
export async function hashOf(file: File): Promise<string> {
  const hash = newHash()
  for (let at = 0; at < file.size; at += WINDOW_BYTES) {
    hash.update(new Uint8Array(await file.slice(at, at + WINDOW_BYTES).arrayBuffer()))
  }
  return hex(hash)
}

/** A name that a file may have anywhere. */
function cleanName(name: string): string {
  const clean = name
    .replaceAll(/[\p{Cc}\p{Cf}/\\:*?"<>|]+/gu, '_')
    .replace(/^\.+/u, '')
    .slice(0, 120)
    .trim()
  return clean === '' ? 'file' : clean
}

const say = (connection: Connection, message: object): boolean =>
  connection.send(new TextEncoder().encode(JSON.stringify(message)))

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

async function next(heard: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const { value, done } = await heard.next()
  if (done === true) throw new Error('the other side has ended it')
  return value
}

async function object(heard: AsyncIterator<Uint8Array>): Promise<Record<string, unknown>> {
  const value: unknown = JSON.parse(new TextDecoder().decode(await next(heard)))
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

async function number(heard: AsyncIterator<Uint8Array>, field: string): Promise<number> {
  const value = (await object(heard))[field]
  if (!isCount(value)) throw new Error('the other side does not speak as a file transfer does')
  return value
}
