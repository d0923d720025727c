import type { Connection } from '../../src/client/index.ts'
import type { DiskFile } from '../shared/disk-file.ts'
import { nextPart, readPart } from '../shared/file-parts.ts'
import type { Progress } from '../shared/progress.ts'
import { countUpTo, nextValue, sendTo, tell, valueOf } from '../shared/talk.ts'

/*
 * The sender says what it has. The receiver says how many bytes it has got, also after each piece that comes. At last comes the SHA-256. An
 * empty message in place of a piece or of the SHA-256 says that the file can't be read any more.
 */

/** Bytes of a piece. */
const PIECE_BYTES = 262_144
/** Bytes that the sender is ahead of what the receiver has written. */
const WINDOW_BYTES = 4_194_304

/** What is offered. */
export type Offer = Pick<File, 'name' | 'size'>

/** Sends the rest of a file, as the receiver wants it. Rejects if the connection is lost, and as `readPart` does. */
export async function send(
  connection: Connection,
  file: File,
  sha256: Promise<string>,
  progress: Progress,
): Promise<void> {
  tell(connection, { name: file.name, size: file.size } satisfies Offer)
  let sent = await nextValue(connection, countUpTo(file.size))
  progress.begin(sent)
  try {
    while (!progress.isOver) {
      while (sent < file.size && sent - progress.done < WINDOW_BYTES) {
        const piece = await readPart(file, sent, sent + PIECE_BYTES)
        if (!connection.send(piece)) await connection.drain()
        sent += piece.byteLength
      }
      progress.at(await nextValue(connection, countUpTo(sent)))
    }
    tell(connection, await sha256)
  } catch (error) {
    if (error instanceof DOMException) sendTo(connection, new Uint8Array())
    throw error
  }
}

/** Receives the rest of a file. Gives its SHA-256 as the sender says it; rejects if the connection is lost, or the file has changed. */
export async function receive(connection: Connection, to: DiskFile, progress: Progress): Promise<string> {
  progress.begin(progress.done)
  tell(connection, progress.done)
  while (!progress.isOver) {
    const piece = new Uint8Array(await nextPart(connection))
    if (progress.done + piece.byteLength > progress.total) throw new Error('more came than was offered')
    await to.write(piece)
    progress.at(progress.done + piece.byteLength)
    tell(connection, progress.done)
  }
  const sha256 = valueOf(await nextPart(connection), (value) => typeof value === 'string')
  connection.close()
  return sha256
}

/** Whether that is what `send` begins with. */
export function isOffer(value: unknown): value is Offer {
  const { name, size } = Object(value) as Record<string, unknown>
  return typeof name === 'string' && countUpTo(Number.MAX_SAFE_INTEGER)(size)
}
