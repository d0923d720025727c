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

/** Characters of a message made one line. */
const MAX_LINE_CHARACTERS = 600

/**
 * The message of whatever was thrown, made one line. js-libp2p puts the addresses that failed on lines of their own, and
 * the stack of each below it, which is left out.
 */
export function oneLine(reason: unknown): string {
  const text = reason instanceof Error ? reason.message || reason.name : String(reason)
  const lines = text.split(/[\r\n]+/u).filter((one) => !/^\s+at /u.test(one))
  const line = lines.join(' ').replaceAll(/\s+/gu, ' ').trim()
  return line.length <= MAX_LINE_CHARACTERS ? line : `${line.slice(0, MAX_LINE_CHARACTERS)}…`
}
