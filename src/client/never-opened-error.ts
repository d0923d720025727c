import { ClientError } from './client-error.ts'
import { pageSurroundings, relayHint } from './relay-hint.ts'

/** The WebSocket failed before it opened: there is no relay, or it doesn't know what was offered. */
export class NeverOpenedError extends ClientError {
  constructor(url: string, why: string) {
    super(
      'ERR_RELAY_UNREACHABLE',
      `No relay answered at ${url} (${why}). ${relayHint(url, pageSurroundings())}`,
    )
  }
}
