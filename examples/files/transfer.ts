import type { Connection } from '../../src/client/index.ts'
import type { DiskFile } from '../shared/disk-file.ts'
import type { Offer } from '../shared/file-offer.ts'
import { nextPart, readRest } from '../shared/file-parts.ts'
import type { Progress } from '../shared/progress.ts'
import { countUpTo, nextValue, sendBytes, sendValue, parseValue } from '../shared/talk.ts'

/*
 * The protocol: the sender sends its offer. The receiver answers with the number of bytes it has, and sends
 * that number again after each piece. The sender ends with the SHA-256. An empty message instead of a piece
 * or the SHA-256 means that the file has become unreadable.
 *
 * A lost link only delays a connection, and a slow receiver slows its sender down. The first number isn't 0
 * if a connection has ended with both pages open: a peer was restarted, or no link could be made in time.
 */

/** Sends what the receiver doesn't have yet. Rejects if the connection is lost or the file unreadable. */
export async function send(
  connection: Connection,
  file: File,
  sha256: Promise<string>,
  progress: Progress,
): Promise<void> {
  sendValue(connection, { name: file.name, size: file.size } satisfies Offer)
  let sent = await nextValue(connection, countUpTo(file.size))
  progress.resume(sent)
  const isConfirmation = (value: unknown): value is number => countUpTo(sent)(value)
  const sendPieces = async (): Promise<void> => {
    for await (const piece of readRest(file, sent)) {
      sent += piece.byteLength
      if (!connection.send(piece)) await connection.drain()
    }
  }
  const readConfirmations = async (): Promise<void> => {
    while (!progress.isOver) progress.update(await nextValue(connection, isConfirmation))
  }
  try {
    await Promise.all([sendPieces(), readConfirmations()])
    sendValue(connection, await sha256)
  } catch (error) {
    if (error instanceof DOMException) sendBytes(connection, new Uint8Array())
    throw error
  }
}

/** Receives the rest of a file, and returns the sender's SHA-256. Rejects if the sender can't complete it. */
export async function receive(connection: Connection, to: DiskFile, progress: Progress): Promise<string> {
  progress.resume(progress.done)
  sendValue(connection, progress.done)
  while (!progress.isOver) {
    const piece = new Uint8Array(await nextPart(connection))
    if (progress.done + piece.byteLength > progress.total)
      throw new Error('the sender sent more bytes than it offered')
    await to.write(piece)
    progress.update(progress.done + piece.byteLength)
    sendValue(connection, progress.done)
  }
  const sha256 = parseValue(await nextPart(connection), (value) => typeof value === 'string')
  connection.close()
  return sha256
}
