import type { OwnScripts } from './own-scripts.ts'

/**
 * Why a session ended. `failed`: the script could not be loaded or run. `unusable`: the server's answer for
 * it was checked and is wrong, so no worker was created. `retired`: the worker ended so that this build's
 * worker can start.
 */
export type SessionEnd = 'left' | 'died' | 'hung' | 'failed' | 'unusable' | 'retired'

/** What a `WorkerSession` works with. */
export interface WorkerSessionInit {
  scripts: OwnScripts
  name: string
  /** Returns whether another tab has given up the worker of this name as hung. */
  isGivenUp(): boolean
  build: string
  /** Whether to ask a worker of another build to end, so that one of this build can start. */
  mayRetire: boolean
  /**
   * Checks the script before the worker is created. Resolves to what is wrong with it; undefined if nothing
   * is.
   */
  problem: (() => Promise<string | undefined>) | undefined
  /** Returns the number of open sockets. While there are none, the worker is not pinged. */
  openSockets(): number
  /** Called when the worker is of another build and stays because it has open connections. */
  updateWaits(): void
  /** Called when the worker accepts sockets. */
  opened(): void
  /**
   * Called once, at the end. `undelivered` never reached the worker; `cause` is the reason of a failure, if
   * known.
   */
  ended(why: SessionEnd, undelivered: MessagePort[], cause?: string): void
}
