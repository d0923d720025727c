import { ClientError } from './client-error.ts'
import type { Connection } from './connection.ts'

/**
 * Bytes of a chunk without frames that are sent before the stream waits for room: 256 KiB. A large chunk then
 * doesn't fill the send queue.
 */
const PIECE_BYTES = 262_144

/**
 * Returns a stream that sends each chunk on a connection, and waits while the send queue is full. It fails
 * when the connection ends.
 */
export function writableTo(
  connection: Pick<Connection, 'frames' | 'send' | 'drain' | 'closeWrite' | 'reset' | 'closed'>,
): WritableStream<BufferSource> {
  return new WritableStream<BufferSource>({
    start: (controller) => {
      void connection.closed.then(({ reason }) =>
        controller.error(new ClientError('ERR_CONNECTION_CLOSED', `the connection ended: ${reason}`)),
      )
    },
    write: async (chunk, { signal }) => {
      const bytes = bytesOf(chunk)
      const pieceBytes = connection.frames ? Math.max(1, bytes.byteLength) : PIECE_BYTES
      for (let offset = 0; offset === 0 || offset < bytes.byteLength; offset += pieceBytes) {
        const hasRoom = connection.send(bytes.subarray(offset, offset + pieceBytes))
        if (!hasRoom) await connection.drain({ signal })
      }
    },
    close: () => connection.closeWrite(),
    abort: () => connection.reset(),
  })
}

function bytesOf(chunk: BufferSource): Uint8Array {
  return ArrayBuffer.isView(chunk)
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : new Uint8Array(chunk)
}
