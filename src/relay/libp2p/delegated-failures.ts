import type { ComponentLogger, Logger } from '@libp2p/interface'
import { messageOf } from '../log.ts'

interface Failure {
  message: string
  /** The message is an HTTP status, and the error that follows from it has not been logged yet. */
  isStatus: boolean
}

/**
 * Tells which requests of a delegated routing client have failed, by reading its log.
 *
 * The client yields no peers both when a request fails and when nobody knows the peer. Only its log tells the
 * two apart.
 */
export class DelegatedFailures {
  /** The failures that have been logged, but not taken. */
  readonly #logged: Failure[] = []

  /** Returns the reason if a request failed, else undefined. Call it once at the end of each request. */
  take(): string | undefined {
    return this.#logged.shift()?.message
  }

  /** Returns a logger for the client that passes everything on to `logger`. */
  observe(logger: ComponentLogger): ComponentLogger {
    return { forComponent: (name) => this.#observed(logger.forComponent(name)) }
  }

  #observed(log: Logger): Logger {
    const observed = (format: unknown, ...values: unknown[]): void => {
      if (format === 'HTTP/1.1 %d %s') this.#noteStatus(Number(values[0]))
      log(format, ...values)
    }
    return Object.assign(observed, log, {
      error: (format: unknown, ...values: unknown[]) => {
        if (String(format).includes(' errored - ')) this.#noteError(values[0])
        log.error(format, ...values)
      },
    })
  }

  #noteStatus(status: number): void {
    // An endpoint answers 404 if it knows no peers.
    if (status >= 400 && status !== 404)
      this.#logged.push({ message: `it answers ${status}`, isStatus: true })
  }

  /** The body of an error response cannot be parsed either. Both are one failure. */
  #noteError(error: unknown): void {
    const status = this.#logged.find(({ isStatus }) => isStatus)
    if (status === undefined) this.#logged.push({ message: reasonOf(error), isStatus: false })
    else status.isStatus = false
  }
}

function reasonOf(error: unknown): string {
  const name = error instanceof Error ? error.name : ''
  if (name === 'TimeoutError') return 'it does not answer'
  // Browsers give no reason why `fetch` failed, and each words the error differently.
  if (name === 'TypeError') return 'it cannot be reached, or does not let this site ask'
  return messageOf(error).split('\n')[0] ?? ''
}
