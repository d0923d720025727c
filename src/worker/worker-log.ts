import type { ComponentLogger, Logger } from '@libp2p/interface'
import type { WireLogLevel } from './tab-messages.ts'
import { LOG_LEVELS } from './tab-messages.ts'

/** Lines that are remembered for a tab that asks later. */
export const DEFAULT_MAX_LINES = 1_000

/** Characters of one line; the rest is cut. */
const MAX_LINE_LENGTH = 2_000

/** What a tab wants to see. */
export interface LogWish {
  level: WireLogLevel
  /** What the scope begins with: `''` is all, `libp2p:webrtc` only that part of libp2p. */
  scope: string
}

interface Entry {
  level: WireLogLevel
  scope: string
  line: string
}

/**
 * The worker's log: no tool shows a SharedWorker's console, so tabs are told. The last lines are remembered; libp2p's own
 * lines, which are many, are made only while somebody wants them.
 */
export class WorkerLog {
  readonly #maxLines: number
  readonly #lines: Entry[] = []
  readonly #readers = new Map<(level: WireLogLevel, line: string) => void, LogWish>()

  constructor(maxLines = DEFAULT_MAX_LINES) {
    this.#maxLines = maxLines
  }

  /** Adds a line of the relay itself, or of the part that `scope` names. */
  add(level: WireLogLevel, text: string, scope = 'relay'): void {
    const time = new Date().toISOString().slice(11, 23)
    const entry = { level, scope, line: `${time} ${scope}: ${text}`.slice(0, MAX_LINE_LENGTH) }
    this.#lines.push(entry)
    if (this.#lines.length > this.#maxLines) this.#lines.shift()
    for (const [read, wish] of this.#readers) if (isWanted(entry, wish)) read(level, entry.line)
  }

  /** Calls `read` with each line that is wanted from now on, and, if `fromStart`, with the remembered ones first. */
  follow(read: (level: WireLogLevel, line: string) => void, wish: LogWish, fromStart: boolean): void {
    this.#readers.set(read, wish)
    if (!fromStart) return
    for (const entry of this.#lines) if (isWanted(entry, wish)) read(entry.level, entry.line)
  }

  unfollow(read: (level: WireLogLevel, line: string) => void): void {
    this.#readers.delete(read)
  }

  /** Somebody would see such a line. */
  isFollowed(level: WireLogLevel, scope: string): boolean {
    return [...this.#readers.values()].some((wish) => isWanted({ level, scope }, wish))
  }

  /** This log as js-libp2p's components write to it. */
  get components(): ComponentLogger {
    return { forComponent: (name) => this.#componentLog(name) }
  }

  #componentLog(scope: string): Logger {
    const write =
      (level: WireLogLevel) =>
      (format: unknown, ...values: unknown[]): void => {
        if (this.isFollowed(level, scope)) this.add(level, formatLine(format, values), scope)
      }
    return Object.defineProperty(
      Object.assign(write('debug'), {
        // libp2p calls an error what a peer may do at any time.
        error: write('debug'),
        trace: write('trace'),
        newScope: (name: string) => this.#componentLog(`${scope}:${name}`),
        enabled: false,
      }),
      'enabled',
      { get: () => this.isFollowed('debug', scope) },
    )
  }
}

function isWanted({ level, scope }: { level: WireLogLevel; scope: string }, wish: LogWish): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(wish.level) && scope.startsWith(wish.scope)
}

/** A line as the `debug` package's formats have it: `%s`, `%d`, `%p` and others, each taking the next value. */
function formatLine(format: unknown, values: unknown[]): string {
  const rest = [...values]
  const text = String(format).replaceAll(/%[a-zA-Z]/gu, (directive) =>
    rest.length === 0 ? directive : describe(rest.shift()),
  )
  return [text, ...rest.map(describe)].join(' ')
}

function describe(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (typeof value !== 'object' || value === null) return String(value)
  // Peer IDs, multiaddrs and CIDs say who they are; a plain object does not.
  const named = value as { toString: () => string }
  return named.toString === Object.prototype.toString
    ? `{ ${Object.keys(value).join(', ')} }`
    : named.toString()
}
