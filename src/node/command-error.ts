/**
 * Why the command cannot do what it was told: one line for standard error.
 *
 * - `usage`: the command line itself is wrong; exit code 2.
 * - `failed`: what it asks for cannot be had (a port in use, a missing directory, a bad key); exit code 1.
 */
export type CommandErrorCode = 'usage' | 'failed'

/** A failure that the user is told in one line. `message` never holds a private key. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: CommandErrorCode

  constructor(code: CommandErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The first line of whatever was thrown, for a message that must be one line. */
export function oneLine(reason: unknown): string {
  const text = reason instanceof Error ? reason.message || reason.name : String(reason)
  return text.split(/[\r\n]/u, 1)[0] ?? ''
}
