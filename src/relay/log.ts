/** How much a line of the log matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Takes one line of the relay's log. A private key is never in it. */
export type Log = (level: LogLevel, line: string) => void

/** An error's message, whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map(messageOf))].join('; ')
  }
  // A browser's WebSocket says no more than that: its error is an event without words.
  if (error instanceof Event) return 'nothing answers there'
  return error instanceof Error && error.message !== '' ? error.message : String(error)
}
