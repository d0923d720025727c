import { CommandError } from '../command-error.ts'

/** Longest argument that a message quotes in full. A key is longer, so it never appears in a message. */
export const MAX_SHOWN_CHARACTERS = 60

/**
 * Reads one flag. `set` is called for each occurrence of the flag, in order. For a value, it returns what is
 * wrong with it, or undefined.
 */
export type FlagReader =
  | { kind: 'boolean'; set: (value: boolean) => void }
  | { kind: 'value'; set: (value: string) => string | undefined }

/** The result of {@link readFlags}. */
export interface FlagsRead {
  /** The arguments after the flags: those after `--`, or from the first one that isn't a flag. */
  rest: string[]
  /** Whether `-h` or `-help` was found, which ends reading. */
  help: boolean
}

const TRUE_WORDS: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE_WORDS: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

/** Quotes an argument for a message, and shortens it if it is long. */
export function shown(argument: string): string {
  if (argument.length <= MAX_SHOWN_CHARACTERS) return JSON.stringify(argument)
  return `${JSON.stringify(argument.slice(0, 8))}… (${argument.length} characters)`
}

/** Parses a boolean as Go's `strconv.ParseBool` does. Returns undefined for anything else. */
export function parseBoolean(word: string): boolean | undefined {
  if (TRUE_WORDS.has(word)) return true
  return FALSE_WORDS.has(word) ? false : undefined
}

const INTEGER = /^[+-]?(?:0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?\d)*)$/u

/**
 * Parses an integer as Go's `flag` does, by `strconv.ParseInt` in base 0: decimal, `0x`, `0b`, `0o` or a
 * leading `0`, with underscores between digits. Returns undefined for anything else, and for integers beyond
 * the safe range.
 */
export function parseInteger(text: string): number | undefined {
  if (!INTEGER.test(text)) return undefined
  const negative = text.startsWith('-')
  const digits = text.replace(/^[+-]/u, '').replaceAll('_', '')
  const value = Number(/^0[0-7]/u.test(digits) ? `0o${digits.slice(1)}` : digits)
  if (!Number.isSafeInteger(value)) return undefined
  return negative && value !== 0 ? -value : value
}

/** Milliseconds per unit of a duration. Both the micro sign and the Greek letter mu are allowed. */
const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}
const DURATION_PART = /(\d+\.?\d*|\.\d+)(ns|[uµμm]s|[smh])/uy

/**
 * Parses a duration as Go's `time.ParseDuration` does: `90s`, `1h30m`, `1.5h`, or `0`. Returns milliseconds,
 * or undefined for anything else.
 */
export function parseDuration(text: string): number | undefined {
  const parts = text.replace(/^[+-]/u, '')
  if (parts === '0') return 0
  let sumMs = 0
  DURATION_PART.lastIndex = 0
  do {
    const [, number = '', unit = ''] = DURATION_PART.exec(parts) ?? []
    const unitMs = UNITS_MS[unit]
    if (unitMs === undefined) return undefined
    sumMs += Number(number) * unitMs
  } while (DURATION_PART.lastIndex < parts.length)
  return text.startsWith('-') && sumMs !== 0 ? -sumMs : sumMs
}

/**
 * Reads flags as Go's `flag` package does: `-x v`, `-x=v`, `--x v`, `--x=v`; a boolean is `-x` or `-x=false`,
 * never `-x false`. Reading ends at `--`, which is dropped, or at the first argument that isn't a flag. `-`
 * isn't one.
 *
 * @throws CommandError `usage` for an unknown flag or a missing or invalid value. The message names the flag.
 */
export function readFlags(argv: readonly string[], flags: ReadonlyMap<string, FlagReader>): FlagsRead {
  let at = 0
  for (; at < argv.length; at++) {
    const argument = argv[at] ?? ''
    if (argument.length < 2 || !argument.startsWith('-')) break
    if (argument === '--') return { rest: argv.slice(at + 1), help: false }

    const body = argument.slice(argument.startsWith('--') ? 2 : 1)
    if (/^[-=]/u.test(body)) throw new CommandError('usage', `bad flag syntax: ${shown(argument)}`)
    const equals = body.indexOf('=')
    const name = equals === -1 ? body : body.slice(0, equals)
    const given = equals === -1 ? undefined : body.slice(equals + 1)

    const flag = flags.get(name)
    if (flag === undefined) {
      if (name === 'h' || name === 'help') return { rest: argv.slice(at + 1), help: true }
      throw new CommandError('usage', `unknown flag: ${shown(`-${name}`)}`)
    }
    switch (flag.kind) {
      case 'boolean': {
        const value = given === undefined ? true : parseBoolean(given)
        if (value === undefined) {
          throw new CommandError('usage', `invalid boolean value ${shown(given ?? '')} for -${name}`)
        }
        flag.set(value)
        break
      }
      case 'value': {
        const value = given ?? argv[++at]
        if (value === undefined) throw new CommandError('usage', `flag needs a value: -${name}`)
        const wrong = flag.set(value)
        if (wrong !== undefined) {
          throw new CommandError('usage', `invalid value ${shown(value)} for flag -${name}: ${wrong}`)
        }
        break
      }
      default:
        flag satisfies never
    }
  }
  return { rest: argv.slice(at), help: false }
}
