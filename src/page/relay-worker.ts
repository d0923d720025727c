import type { WireLogLevel } from '../worker/tab-messages.ts'
import { Generation } from './generation.ts'
import type { OwnScripts } from './own-scripts.ts'
import { scriptProblem } from './script-problem.ts'
import type { SessionEnd } from './worker-session.ts'
import { WorkerSession } from './worker-session.ts'

/** Names of broken workers that one page gives up: each of them stays until the page goes, so there must not be ever more. */
const MAX_GIVEN_UP = 8

/** What the worker is made of, and whom to tell what. */
export interface RelayWorkerInit {
  scripts: OwnScripts
  build: string
  openSockets(): number
  updateWaits(): void
  /** The worker is gone, and with it whatever its sockets carried. */
  died(): void
}

const WORDS: Record<Exclude<SessionEnd, 'left' | 'retired' | 'failed' | 'unusable'>, string> = {
  died: 'the SharedWorker has ended',
  hung: 'the SharedWorker does not answer',
}

/** The SharedWorker as a tab needs it: there from the first socket on, and again after its end from the next one on. */
export class RelayWorker {
  readonly #init: RelayWorkerInit
  readonly #generation = new Generation()
  #session: WorkerSession | undefined
  #mayRetire = true
  #logWish: { level: WireLogLevel; scope: string } | undefined
  #forbidden: string | undefined
  #failure: string | undefined
  #givenUp = 0

  constructor(init: RelayWorkerInit) {
    this.#init = init
  }

  /** Why this page may not have the worker; undefined as long as nothing is known against it. */
  get forbidden(): string | undefined {
    return this.#forbidden
  }

  /** Why the worker could not be started the last time; undefined once it runs. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Starts the worker if it does not run. False if this page may not have it. */
  start(): boolean {
    if (this.#forbidden !== undefined) return false
    try {
      this.#session ??= this.#newSession()
      return true
    } catch (error) {
      // Trusted types are checked when the worker is made.
      this.forbid(`the page’s content security policy does not allow the worker: ${String(error)}`)
      return false
    }
  }

  /** Brings the other end of a page's WebSocket to the worker. */
  open(port: MessagePort): void {
    if (this.start()) this.#session?.open(port)
    else this.#init.died()
  }

  /** The page may not have the worker: its sockets fail, and later ones are the browser's own. */
  forbid(reason: string): void {
    if (this.#forbidden !== undefined) return
    this.#forbidden = reason
    console.warn(`libp2p-websocket: the browser's own WebSocket stays in place: ${reason}`)
    this.#session?.leave()
    this.#init.died()
  }

  /** The network is back: what waits in the worker need not wait any longer. */
  wake(): void {
    this.#session?.wake()
  }

  /** The tab has come into sight, or gone out of it. */
  seen(): void {
    this.#session?.seen()
  }

  /** Prints the worker's log to the tab's console, from this level on and of scopes that begin so. */
  followLog(level: WireLogLevel, scope: string): void {
    this.#logWish = { level, scope }
    this.#session?.followLog(level, scope)
  }

  /** Lets go of the worker: the page goes, is frozen, or is kept in the back-forward cache. */
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
      // A worker that is made of a wrong answer stays as it is, so the server is asked before another one is made.
      problem: this.#failure === undefined ? undefined : () => scriptProblem(relayWorkerUrl),
      opened: (session) => {
        this.#failure = undefined
        if (this.#logWish !== undefined) session.followLog(this.#logWish.level, this.#logWish.scope)
      },
      ended: (why, undelivered, cause) => {
        this.#session = undefined
        switch (why) {
          case 'left':
            return
          case 'retired':
            // If the next one is not of this build either, a cache holds an old script: retiring again would not help.
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
        console.warn(`libp2p-websocket: ${WORDS[why]}: its sockets fail; the next starts it again`)
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

  /** The browser doesn't say why it could not use the script. */
  async #explain(): Promise<void> {
    const failure = this.#failure
    const problem = await scriptProblem(this.#init.scripts.relayWorkerUrl)
    if (problem !== undefined && this.#failure === failure) this.#fail(problem)
  }
}
