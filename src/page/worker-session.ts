import type { LentWebRTC } from '../rtc/lend/lend-webrtc.ts'
import type { WebRtcSupport, ToTab, ToWorker, WireLogLevel } from '../worker/tab-messages.ts'
import { watchLifeLock } from '../worker/life-lock.ts'
import { LOCK_PREFIX, readToTab } from '../worker/tab-messages.ts'
import type { OwnScripts } from './own-scripts.ts'

// As they are when the script loads: a page may put its own in their place, such as a test's clock.
const { setInterval, clearInterval, setTimeout, clearTimeout } = globalThis

/** Milliseconds between two questions whether the worker is alive, while a socket is open. */
const PING_INTERVAL_MS = 2_000
/** Questions without an answer after which the worker counts as hung: noticed within ten seconds. */
const MAX_UNANSWERED_PINGS = 4
/** Ticks of the tab's clock for the worker's script to come and to say welcome: 30 s in which the page did not stand still. */
const MAX_WELCOME_TICKS = 15
/**
 * Milliseconds after which a worker that has not said welcome is connected to once more; each wait is twice the one before.
 * A worker that is about to end takes connections and never answers them.
 */
const FIRST_RECONNECT_MS = 500

/**
 * Why a session ended. `failed`: the script could not be loaded, or not run. `unusable`: the server's answer for it is known to be
 * wrong, so no worker was made of it. `retired`: the worker ended so that this build's can begin.
 */
export type SessionEnd = 'left' | 'died' | 'hung' | 'failed' | 'unusable' | 'retired'

/** What a {@link WorkerSession} is made of. */
export interface WorkerSessionInit {
  scripts: OwnScripts
  name: string
  /** Another tab has found the worker of this name hung. */
  isGivenUp(): boolean
  build: string
  /** A worker of another build may be asked to end, so that one of this build can begin. */
  mayRetire: boolean
  /** To be asked before the worker is made: what is wrong with its script, in words. */
  problem: (() => Promise<string | undefined>) | undefined
  /** Sockets that would be lost with the worker: while there are none, it is not asked whether it is alive. */
  openSockets(): number
  /** The worker is of another build, and stays because it is in use. */
  updateWaits(): void
  /** The worker takes sockets now. */
  opened(session: WorkerSession): void
  /** Called once, and last. The ports are those that never reached the worker; `cause` is the reason for a failure, if it is known. */
  ended(why: SessionEnd, undelivered: MessagePort[], cause?: string): void
}

/** As in HTML's extended lifetimes: the worker survives the reload of the only tab. All callers must agree on it. */
interface ExtendedWorkerOptions extends WorkerOptions {
  extendedLifetime: boolean
}

type Unaddressed<M> = M extends { epoch: string } ? Omit<M, 'epoch'> : never

/**
 * One tab's life with one SharedWorker, from its start to its end, however that comes about: the tab leaves, the worker
 * dies (its Web Lock is free), hangs (it does not answer), was restarted unseen (another epoch), or retires.
 */
export class WorkerSession {
  readonly #init: WorkerSessionInit
  readonly #life = new AbortController()
  /** The port on which the welcome came. */
  #port: MessagePort | undefined
  /** Ends of sockets that wait for the welcome. */
  #waiting: MessagePort[] = []
  #epoch: string | undefined
  #isOpen = false
  #isRetiring = false
  /** The worker's lock would tell of its death. If not, the worker is asked all the time. */
  #lockTells = true
  /** Ticks without a welcome, and then questions without an answer. */
  #unanswered = 0
  #lent: LentWebRTC | undefined
  #webrtc: WebRtcSupport = 'RTCPeerConnection' in globalThis ? 'lends' : 'unsupported'
  /** What the worker was last told of the page. */
  #told = ''

  constructor(init: WorkerSessionInit) {
    this.#init = init
    const { signal } = this.#life
    if (init.problem === undefined) this.#connect(FIRST_RECONNECT_MS)
    else void this.#connectUnless(init.problem)
    const timer = setInterval(() => this.#tick(), PING_INTERVAL_MS)
    signal.addEventListener('abort', () => clearInterval(timer))
  }

  /** Brings the other end of a page's socket to the worker, as soon as that is there. */
  open(port: MessagePort): void {
    if (this.#isOpen) this.#post({ type: 'socket' }, [port])
    else this.#waiting.push(port)
  }

  wake(): void {
    if (this.#isOpen) this.#post({ type: 'wake' })
  }

  /** The tab has come into sight, when what waits in the worker need not wait any longer, or gone out of it. */
  seen(): void {
    this.#tellPage()
    if (isVisible()) this.wake()
  }

  followLog(level: WireLogLevel, scope: string): void {
    if (this.#isOpen) this.#post({ type: 'log', level, scope })
  }

  leave(): void {
    if (this.#epoch !== undefined) this.#post({ type: 'bye' })
    this.#end('left')
  }

  async #connectUnless(problem: () => Promise<string | undefined>): Promise<void> {
    const words = await problem()
    if (words !== undefined) this.#end('unusable', words)
    else if (!this.#life.signal.aborted) this.#connect(FIRST_RECONNECT_MS)
  }

  #connect(patienceMs: number): void {
    const { signal } = this.#life
    const options: ExtendedWorkerOptions = { name: this.#init.name, extendedLifetime: true }
    const worker = this.#init.scripts.relayWorker(options)
    const { port } = worker
    worker.addEventListener('error', (event) => void this.#onError(event), { signal })
    port.addEventListener(
      'message',
      ({ data }: MessageEvent<unknown>) => this.#receive(readToTab(data), port),
      {
        signal,
      },
    )
    port.start()
    signal.addEventListener('abort', () => port.close())
    this.#hello(port)
    const timer = setTimeout(() => {
      if (this.#epoch === undefined) this.#connect(2 * patienceMs)
    }, patienceMs)
    signal.addEventListener('abort', () => clearTimeout(timer))
  }

  /** Whatever a worker throws comes here too (in Firefox), also of one that runs: it goes on. */
  async #onError(event: Event): Promise<void> {
    const message = event instanceof ErrorEvent ? event.message : undefined
    if (message !== undefined && (await anyWorkerRuns())) return
    if (this.#epoch === undefined) this.#end('failed', message)
  }

  #hello(port: MessagePort): void {
    const { signal } = this.#life
    // By this one the worker notices that the tab is gone.
    const lock = `${LOCK_PREFIX}tab:${crypto.randomUUID()}`
    navigator.locks
      .request(lock, async () => {
        // Only now, so that the worker cannot get the lock before the tab has it.
        port.postMessage({ type: 'hello', lock } satisfies ToWorker)
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      })
      .catch(note)
  }

  #receive(message: ToTab | undefined, port: MessagePort): void {
    if (message === undefined) return
    if (message.type === 'gone') {
      const { cause } = message
      if (this.#port === undefined || port === this.#port)
        this.#end(cause === undefined ? 'died' : 'failed', cause)
      return
    }
    if (message.type !== 'welcome' && (message.epoch !== this.#epoch || port !== this.#port)) return
    this.#unanswered = 0
    switch (message.type) {
      case 'welcome':
        this.#onWelcome(message, port)
        return
      case 'busy':
        this.#isRetiring = false
        this.#init.updateWaits()
        this.#begin()
        return
      case 'log':
        console[message.level === 'trace' ? 'debug' : message.level](`libp2p-websocket ${message.line}`)
        return
      case 'ping':
        this.#post({ type: 'pong' })
        return
      case 'retiring':
      case 'pong':
        return
      default:
        message satisfies never
    }
  }

  #onWelcome({ epoch, build, lock }: Extract<ToTab, { type: 'welcome' }>, port: MessagePort): void {
    if (this.#epoch !== undefined) {
      if (port === this.#port) {
        if (epoch !== this.#epoch) this.#end('died')
        return
      }
      // The answer to a connection that was made once more: it is not needed.
      port.postMessage({ type: 'bye', epoch } satisfies ToWorker)
      port.close()
      return
    }
    this.#epoch = epoch
    this.#port = port
    const { signal } = this.#life
    // The worker holds its lock before it says welcome.
    watchLifeLock(lock, signal, () => this.#end(this.#isRetiring ? 'retired' : 'died'))
      .then((lockTells) => {
        if (signal.aborted) return
        this.#lockTells = lockTells
        if (build === this.#init.build || !this.#init.mayRetire) {
          this.#begin()
        } else if (lockTells) {
          this.#isRetiring = true
          this.#post({ type: 'retire' })
        } else {
          // Nothing would tell that the old worker has ended.
          this.#init.updateWaits()
          this.#begin()
        }
      })
      .catch((error: unknown) => {
        note(error)
        this.#end('failed')
      })
  }

  #begin(): void {
    this.#isOpen = true
    this.#tellPage()
    if (this.#webrtc === 'lends') void this.#lend()
    this.#init.opened(this)
    for (const port of this.#waiting.splice(0)) this.#post({ type: 'socket' }, [port])
  }

  /** The worker knows at once that this tab comes to lend; the script that does it is loaded behind the page's own. */
  async #lend(): Promise<void> {
    const { port1, port2 } = new MessageChannel()
    this.#post({ type: 'lend' }, [port2])
    const { scripts } = this.#init
    const { signal } = this.#life
    try {
      const lendWebRTC = await scripts.rtcLender()
      this.#lent = lendWebRTC(port1, { pump: () => scripts.rtcPump(), signal })
      // It may have changed since the worker was told.
      this.#lent.setVisible(isVisible())
    } catch (error) {
      console.warn('libp2p-websocket: no WebRTC:', error)
      port1.close()
      this.#webrtc = 'blocked'
      this.#tellPage()
    }
  }

  /** Tells the worker what the page is, where that has changed. */
  #tellPage(): void {
    const page = {
      type: 'page',
      title: document.title,
      path: location.pathname,
      visible: isVisible(),
      webrtc: this.#webrtc,
    } as const
    const told = JSON.stringify(page)
    if (!this.#isOpen || told === this.#told) return
    this.#told = told
    this.#post(page)
    this.#lent?.setVisible(page.visible)
  }

  /**
   * A tick of the tab's own clock: it stands still while the tab does, so that a page which is frozen, or busy, does not
   * take its worker for a hung one.
   */
  #tick(): void {
    this.#tellPage()
    if (this.#init.isGivenUp()) {
      this.#end('hung')
    } else if (this.#epoch === undefined) {
      this.#unanswered += 1
      if (this.#unanswered > MAX_WELCOME_TICKS) this.#end('hung')
    } else if (this.#lockTells && this.#init.openSockets() === 0) {
      this.#unanswered = 0
    } else if (this.#unanswered >= MAX_UNANSWERED_PINGS) {
      this.#end('hung')
    } else {
      this.#unanswered += 1
      this.#post({ type: 'ping' })
    }
  }

  #post(message: Unaddressed<ToWorker>, transfer: MessagePort[] = []): void {
    if (this.#epoch !== undefined) this.#port?.postMessage({ ...message, epoch: this.#epoch }, transfer)
  }

  #end(why: SessionEnd, cause?: string): void {
    if (this.#life.signal.aborted) return
    this.#life.abort()
    this.#init.ended(why, this.#waiting.splice(0), cause)
  }
}

/** A worker takes its lock before it does anything else. */
async function anyWorkerRuns(): Promise<boolean> {
  const { held = [] } = await navigator.locks.query()
  return held.some(({ name = '' }) => name.startsWith(`${LOCK_PREFIX}worker:`))
}

function isVisible(): boolean {
  return document.visibilityState === 'visible'
}

function note(error: unknown): void {
  console.debug('libp2p-websocket:', error)
}
