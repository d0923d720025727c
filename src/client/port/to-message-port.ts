import { ClientError } from '../client-error.ts'
import type { Connection } from '../connection.ts'
import { ConnectionPort } from './connection-port.ts'

/**
 * Returns a connection as a MessagePort, for libraries that speak over one. Use it at both ends, and nothing
 * else of the connection but `link` and `closed`.
 *
 * Messages may contain what structured clone copies, and ports, but no functions, blobs and other objects of
 * the platform. `postMessage` throws a DataCloneError for these, `ERR_MESSAGE_TOO_LARGE`, and
 * `ERR_SEND_QUEUE_FULL`. Throws `ERR_INVALID_ARGUMENT` for a connection without frames.
 */
export function toMessagePort(connection: Connection): MessagePort {
  if (!connection.frames) {
    throw new ClientError(
      'ERR_INVALID_ARGUMENT',
      'Messages need a connection with frames. Leave out `frames: false` at both ends.',
    )
  }
  return new ConnectionPort(connection)
}
