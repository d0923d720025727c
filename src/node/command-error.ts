/**
 * The kind of a command's failure.
 *
 * - `usage`: the command line is invalid. Exit code 2.
 * - `failed`: the command line is valid but can't be carried out (port in use, missing directory, invalid
 *   key). Exit code 1.
 */
export type CommandErrorCode = 'usage' | 'failed'

/** A failure that is shown to the user in one line. `message` never contains a private key. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: CommandErrorCode

  constructor(code: CommandErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Longest result of {@link oneLine}, in characters. */
const MAX_LINE_CHARACTERS = 600

/**
 * Returns the message of anything that was thrown, as one line. Omits the stack traces that js-libp2p puts
 * into the messages of failed dials.
 */
export function oneLine(reason: unknown): string {
  const text = reason instanceof Error ? reason.message || reason.name : String(reason)
  const lines = text.split(/[\r\n]+/u).filter((one) => !/^\s+at /u.test(one))
  const line = lines.join(' ').replaceAll(/\s+/gu, ' ').trim()
  return line.length <= MAX_LINE_CHARACTERS ? line : `${line.slice(0, MAX_LINE_CHARACTERS)}…`
}
