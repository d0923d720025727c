import { invalidProtocolName } from '../protocol/index.ts'
import { ClientError } from './client-error.ts'

/** Throws `ERR_INVALID_ARGUMENT` for a protocol name that no peer could reach. */
export function assertProtocolName(protocol: string): void {
  const reason = invalidProtocolName(protocol)
  if (reason !== undefined) throw new ClientError('ERR_INVALID_ARGUMENT', reason)
}

/** Encodes a message, and throws `ERR_INVALID_ARGUMENT` if an argument of the caller doesn't fit. */
export function encoded(encode: () => Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  try {
    return encode()
  } catch (error) {
    throw new ClientError('ERR_INVALID_ARGUMENT', error instanceof Error ? error.message : String(error), {
      cause: error,
    })
  }
}
