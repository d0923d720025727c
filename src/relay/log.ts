/** The severity of a log line. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Takes one line of the relay's log. It never contains a private key. */
export type Log = (level: LogLevel, line: string) => void

/** Returns a message for whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map(messageOf))].join('; ')
  }
  // The error of a browser's WebSocket is an event without a message.
  if (error instanceof Event) return 'nothing answers there'
  return error instanceof Error && error.message !== '' ? error.message : String(error)
}
