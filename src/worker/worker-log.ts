import type { ComponentLogger, Logger } from '@libp2p/interface'
import type { WorkerLogLevel } from './tab-messages.ts'
import { LOG_LEVELS } from './tab-messages.ts'

/** Lines remembered for tabs that ask later. */
export const DEFAULT_MAX_LINES = 1_000

/** Characters of one line; the rest is cut off. */
const MAX_LINE_LENGTH = 2_000

/** Selects the lines that a tab wants to see. */
export interface LogFilter {
  level: WorkerLogLevel
  /** Prefix of the scope: `''` selects all, `libp2p:webrtc` only that part of libp2p. */
  scope: string
}

interface Entry {
  level: WorkerLogLevel
  scope: string
  line: string
}

/**
 * The worker's log, which tabs can show, because few tools show a SharedWorker's console. The last lines are
 * remembered. libp2p's own lines, which are many, are created only while a tab follows them.
 */
export class WorkerLog {
  readonly #maxLines: number
  readonly #lines: Entry[] = []
  readonly #readers = new Map<(level: WorkerLogLevel, line: string) => void, LogFilter>()

  constructor(maxLines = DEFAULT_MAX_LINES) {
    this.#maxLines = maxLines
  }

  /** Adds a line. `scope` names the part it comes from, by default the relay. */
  add(level: WorkerLogLevel, text: string, scope = 'relay'): void {
    const time = new Date().toISOString().slice(11, 23)
    const entry = { level, scope, line: `${time} ${scope}: ${text}`.slice(0, MAX_LINE_LENGTH) }
    this.#lines.push(entry)
    if (this.#lines.length > this.#maxLines) this.#lines.shift()
    for (const [read, filter] of this.#readers) if (isWanted(entry, filter)) read(level, entry.line)
  }

  /** Calls `read` with each matching line from now on; if `fromStart`, with the remembered ones first. */
  follow(read: (level: WorkerLogLevel, line: string) => void, filter: LogFilter, fromStart: boolean): void {
    this.#readers.set(read, filter)
    if (!fromStart) return
    for (const entry of this.#lines) if (isWanted(entry, filter)) read(entry.level, entry.line)
  }

  unfollow(read: (level: WorkerLogLevel, line: string) => void): void {
    this.#readers.delete(read)
  }

  /** Returns whether any follower would get such a line. */
  isFollowed(level: WorkerLogLevel, scope: string): boolean {
    return [...this.#readers.values()].some((filter) => isWanted({ level, scope }, filter))
  }

  /** The logger for js-libp2p's components. */
  get components(): ComponentLogger {
    return { forComponent: (name) => this.#componentLog(name) }
  }

  #componentLog(scope: string): Logger {
    const write =
      (level: WorkerLogLevel) =>
      (format: unknown, ...values: unknown[]): void => {
        if (this.isFollowed(level, scope)) this.add(level, formatLine(format, values), scope)
      }
    return Object.defineProperty(
      Object.assign(write('debug'), {
        // libp2p logs as errors what any remote peer can cause at any time.
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

function isWanted({ level, scope }: { level: WorkerLogLevel; scope: string }, filter: LogFilter): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(filter.level) && scope.startsWith(filter.scope)
}

/**
 * Formats a line like the `debug` package: `%s`, `%d`, `%p` and others are each replaced by the next value.
 */
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
  // Peer IDs, multiaddrs and CIDs have a meaningful toString; plain objects don't.
  const named = value as { toString: () => string }
  return named.toString === Object.prototype.toString
    ? `{ ${Object.keys(value).join(', ')} }`
    : named.toString()
}
