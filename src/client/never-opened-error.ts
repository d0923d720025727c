import { ClientError } from './client-error.ts'

/** The WebSocket failed before it opened: there is no relay, or it doesn't know what was offered. */
export class NeverOpenedError extends ClientError {
  constructor(url: string, why: string) {
    super('ERR_RELAY_UNREACHABLE', `no relay answered at ${url} (${why})`)
  }
}
