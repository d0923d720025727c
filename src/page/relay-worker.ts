import type { WireLogLevel } from '../worker/tab-wire.ts'
import { Generation } from './generation.ts'
import type { OwnScripts } from './own-scripts.ts'
import type { SessionEnd } from './worker-session.ts'
import { WorkerSession } from './worker-session.ts'

/** What the worker is made of, and whom to tell what. */
export interface RelayWorkerInit {
  scripts: OwnScripts
  build: string
  openSockets(): number
  updateWaits(): void
  /** The worker is gone, and with it whatever its sockets carried. */
  died(): void
}

const WORDS: Record<Exclude<SessionEnd, 'left' | 'retired'>, string> = {
  died: 'the SharedWorker has ended',
  hung: 'the SharedWorker does not answer',
  failed: 'the SharedWorker could not load',
}

/** The SharedWorker as a tab needs it: there from the first socket on, and again after its end from the next one on. */
export class RelayWorker {
  readonly #init: RelayWorkerInit
  readonly #generation = new Generation()
  #session: WorkerSession | undefined
  #mayRetire = true
  #logWish: { level: WireLogLevel; scope: string } | undefined

  constructor(init: RelayWorkerInit) {
    this.#init = init
  }

  /** Brings the other end of a page's WebSocket to the worker. */
  open(port: MessagePort): void {
    this.#session ??= this.#start()
    this.#session.open(port)
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

  #start(): WorkerSession {
    const name = this.#generation.workerName
    return new WorkerSession({
      ...this.#init,
      name,
      isGivenUp: () => this.#generation.workerName !== name,
      mayRetire: this.#mayRetire,
      opened: (session) => {
        if (this.#logWish !== undefined) session.followLog(this.#logWish.level, this.#logWish.scope)
      },
      ended: (why, undelivered) => {
        this.#session = undefined
        if (why === 'hung') this.#generation.giveUp(name)
        if (why === 'retired') {
          // If the next one is not of this build either, a cache holds an old script: retiring again would not help.
          this.#mayRetire = false
          for (const port of undelivered) this.open(port)
          return
        }
        if (why === 'left') return
        console.warn(`libp2p-websocket: ${WORDS[why]}: its sockets fail; the next starts it again`)
        this.#init.died()
      },
    })
  }
}
