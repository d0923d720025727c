import type { WorkerLogLevel } from '../worker/tab-messages.ts'
import { Generation } from './generation.ts'
import type { OwnScripts } from './own-scripts.ts'
import { scriptProblem } from './script-problem.ts'
import type { SessionEnd } from './worker-session-init.ts'
import { WorkerSession } from './worker-session.ts'

/** Broken workers that one page may give up. Each stays until the page goes, so their number is bounded. */
const MAX_GIVEN_UP = 8

/** What a {@link RelayWorker} works with. */
export interface RelayWorkerInit {
  scripts: OwnScripts
  build: string
  /** The browser's own class, for sockets that wait when the page turns out not to be allowed the worker. */
  native: typeof WebSocket
  openSockets(): number
  /** Called when a worker of another build stays because it has open connections. */
  updateWaits(): void
  /** Called when the worker is gone, and its sockets with it. */
  died: () => void
}

const WORDS: Record<Exclude<SessionEnd, 'left' | 'retired' | 'failed' | 'unusable'>, string> = {
  died: 'the SharedWorker has ended',
  hung: 'the SharedWorker does not answer',
}

/**
 * The tab's access to the SharedWorker, which starts with the first socket, and again with the first one
 * after its end.
 */
export class RelayWorker {
  readonly #init: RelayWorkerInit
  readonly #generation = new Generation()
  #session: WorkerSession | undefined
  #mayRetire = true
  #logWish: { level: WorkerLogLevel; scope: string } | undefined
  #forbidden: string | undefined
  #failure: string | undefined
  #givenUp = 0

  constructor(init: RelayWorkerInit) {
    this.#init = init
  }

  /** Why this page may not start the worker; undefined if no reason is known. */
  get forbidden(): string | undefined {
    return this.#forbidden
  }

  /** Why the last start of the worker failed; undefined once it runs. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Starts the worker unless it is running. Returns false if this page may not start it. */
  start(): boolean {
    if (this.#forbidden !== undefined) return false
    try {
      this.#session ??= this.#newSession()
      return true
    } catch (error) {
      // Trusted types are checked by the worker's constructor.
      this.forbid(String(error))
      return false
    }
  }

  /** Passes the other end of a page's WebSocket to the worker. */
  open(port: MessagePort): void {
    if (this.start()) this.#session?.open(port)
    else this.#init.died()
  }

  /**
   * Records that the page may not start the worker. Sockets that wait for it are served by the browser's own,
   * and later ones are the browser's own.
   */
  forbid(cause: string): void {
    if (this.#forbidden !== undefined) return
    const reason = `the page’s content security policy does not allow the worker: ${cause}`
    this.#forbidden = reason
    console.warn(`libp2p-websocket: the browser's own WebSocket stays in place: ${reason}`)
    const { scripts, native, died } = this.#init
    const waiting = this.#session?.leave()
    if (waiting === undefined) return
    scripts
      .late('native-relay.js')
      .then((serveByNative) => waiting.forEach((port) => serveByNative(port, native)), died)
  }

  /** Tells the worker that the network is back, so its retries need not wait. */
  wake(): void {
    this.#session?.wake()
  }

  /** Called when the tab has become visible or hidden. */
  seen(): void {
    this.#session?.seen()
  }

  /** Prints log lines of at least this level, whose scope has this prefix, to the tab's console. */
  followLog(level: WorkerLogLevel, scope: string): void {
    this.#logWish = { level, scope }
    this.#session?.followLog(level, scope)
  }

  /** Leaves the worker, because the page is unloaded, frozen or enters the back-forward cache. */
  leave(): void {
    this.#session?.leave()
  }

  #newSession(): WorkerSession {
    const name = this.#generation.workerName
    const { relayWorkerUrl } = this.#init.scripts
    return new WorkerSession({
      ...this.#init,
      name,
      isGivenUp: () => this.#generation.workerName !== name,
      mayRetire: this.#mayRetire,
      // A worker made from a wrong answer can't be repaired, so the answer is checked before another one is
      // made.
      problem: this.#failure === undefined ? undefined : () => scriptProblem(relayWorkerUrl),
      opened: () => {
        this.#failure = undefined
        if (this.#logWish !== undefined) this.#session?.followLog(this.#logWish.level, this.#logWish.scope)
      },
      ended: (why, undelivered, cause) => {
        this.#session = undefined
        switch (why) {
          case 'left':
            return
          case 'retired':
            // If the next one has another build too, a cache has an old script, and retiring again would not
            // help.
            this.#mayRetire = false
            for (const port of undelivered) this.open(port)
            return
          case 'failed':
            this.#giveUp(name)
            this.#fail(cause ?? 'it does not load')
            if (cause === undefined) void this.#explain()
            return
          case 'unusable':
            this.#fail(cause ?? '')
            return
          case 'hung':
            this.#giveUp(name)
            break
          case 'died':
            break
          default:
            why satisfies never
        }
        console.warn(`libp2p-websocket: ${WORDS[why]}: its sockets fail: the next socket tries again`)
        this.#init.died()
      },
    })
  }

  #giveUp(name: string): void {
    if (this.#givenUp === MAX_GIVEN_UP) return
    this.#givenUp += 1
    this.#generation.giveUp(name)
  }

  #fail(cause: string): void {
    const { relayWorkerUrl } = this.#init.scripts
    const failure = `the worker ${relayWorkerUrl} could not be started: ${cause}`
    if (failure !== this.#failure) console.warn(`libp2p-websocket: ${failure}: the next socket tries again`)
    this.#failure = failure
    this.#init.died()
  }

  /** Finds out why the script failed, because the browser doesn't say. */
  async #explain(): Promise<void> {
    const failure = this.#failure
    const problem = await scriptProblem(this.#init.scripts.relayWorkerUrl)
    if (problem !== undefined && this.#failure === failure) this.#fail(problem)
  }
}
