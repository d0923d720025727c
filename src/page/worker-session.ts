import type { LentWebRTC } from '../rtc/lend/lend-webrtc.ts'
import type { WebRtcSupport, ToTab, ToWorker, WorkerLogLevel } from '../worker/tab-messages.ts'
import { watchLifeLock } from '../worker/life-lock.ts'
import { LOCK_PREFIX, readToTab } from '../worker/tab-messages.ts'
import type { SessionEnd, WorkerSessionInit } from './worker-session-init.ts'

// Taken when the script loads, because a page may replace them, for example by a test's clock.
const { setInterval, clearInterval, setTimeout, clearTimeout } = globalThis

/** Milliseconds between two pings to the worker, while a socket is open. */
const PING_INTERVAL_MS = 2_000
/** Unanswered pings after which the worker counts as hung: noticed within ten seconds. */
const MAX_UNANSWERED_PINGS = 4
/**
 * Ticks of the tab's timer in which the worker must load and say welcome: 30 s, not counting time in which
 * the page is frozen.
 */
const MAX_WELCOME_TICKS = 15
/**
 * Milliseconds after which the tab connects again if the worker has not said welcome. Each wait is twice as
 * long as the one before. A worker that is ending accepts connections but never answers.
 */
const FIRST_RECONNECT_MS = 500

/**
 * With extended lifetime, the worker survives a reload of the only tab. All callers must use the same value.
 */
interface ExtendedWorkerOptions extends WorkerOptions {
  extendedLifetime: boolean
}

type Unaddressed<M> = M extends { epoch: string } ? Omit<M, 'epoch'> : never

/**
 * The session of one tab with one SharedWorker. It ends if the tab leaves, or the worker dies (its Web Lock
 * is free), hangs (it doesn't answer), was restarted unnoticed (another epoch), or retires.
 */
export class WorkerSession {
  readonly #init: WorkerSessionInit
  readonly #life = new AbortController()
  /** The port that received the welcome. */
  #port: MessagePort | undefined
  /** The other ends of sockets that wait for the welcome. */
  #waiting: MessagePort[] = []
  #epoch: string | undefined
  #isOpen = false
  #isRetiring = false
  /** Whether the worker's lock tells of its death. If not, the worker is pinged even without sockets. */
  #lockTells = true
  /** Ticks without a welcome; after the welcome, unanswered pings. */
  #unanswered = 0
  #lent: LentWebRTC | undefined
  #webrtc: WebRtcSupport = 'RTCPeerConnection' in globalThis ? 'lends' : 'unsupported'
  /** The last page message, as JSON. */
  #told = ''

  constructor(init: WorkerSessionInit) {
    this.#init = init
    const { signal } = this.#life
    if (init.problem === undefined) this.#connect(FIRST_RECONNECT_MS)
    else void this.#connectUnless(init.problem)
    const timer = setInterval(() => this.#tick(), PING_INTERVAL_MS)
    signal.addEventListener('abort', () => clearInterval(timer))
  }

  /** Passes the other end of a page's socket to the worker, once that is ready. */
  open(port: MessagePort): void {
    if (this.#isOpen) this.#post({ type: 'socket' }, [port])
    else this.#waiting.push(port)
  }

  wake(): void {
    if (this.#isOpen) this.#post({ type: 'wake' })
  }

  /** Called when the tab has become visible or hidden. A visible tab's retries need not wait. */
  seen(): void {
    this.#tellPage()
    if (isVisible()) this.wake()
  }

  followLog(level: WorkerLogLevel, scope: string): void {
    if (this.#isOpen) this.#post({ type: 'log', level, scope })
  }

  /** Ends the session. Returns the ports that never reached the worker. */
  leave(): MessagePort[] {
    const undelivered = this.#waiting.splice(0)
    this.#post({ type: 'bye' })
    this.#lent?.linger()
    this.#end('left')
    return undelivered
  }

  async #connectUnless(problem: () => Promise<string | undefined>): Promise<void> {
    const words = await problem()
    if (words !== undefined) this.#end('unusable', words)
    else if (!this.#life.signal.aborted) this.#connect(FIRST_RECONNECT_MS)
  }

  #connect(reconnectMs: number): void {
    const { signal } = this.#life
    const options: ExtendedWorkerOptions = { name: this.#init.name, extendedLifetime: true }
    const worker = this.#init.scripts.relayWorker(options)
    const { port } = worker
    worker.addEventListener('error', (event) => void this.#onError(event), { signal })
    const receive = ({ data }: MessageEvent<unknown>): void => this.#receive(readToTab(data), port)
    port.addEventListener('message', receive, { signal })
    port.start()
    signal.addEventListener('abort', () => port.close())
    this.#hello(port)
    const timer = setTimeout(() => {
      if (this.#epoch === undefined) this.#connect(2 * reconnectMs)
    }, reconnectMs)
    signal.addEventListener('abort', () => clearTimeout(timer))
  }

  /** Firefox also reports uncaught errors of a running worker here, which are ignored. */
  async #onError(event: Event): Promise<void> {
    const message = event instanceof ErrorEvent ? event.message : undefined
    if (message !== undefined && (await anyWorkerRuns())) return
    if (this.#epoch === undefined) this.#end('failed', message)
  }

  #hello(port: MessagePort): void {
    const { signal } = this.#life
    // The worker notices the end of the tab by this lock.
    const lock = `${LOCK_PREFIX}tab:${crypto.randomUUID()}`
    navigator.locks
      .request(lock, async () => {
        // Sent once the lock is held, so that the worker can't acquire it before the tab.
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
      // The answer to a repeated connection, which is not needed.
      port.postMessage({ type: 'bye', epoch } satisfies ToWorker)
      port.close()
      return
    }
    this.#epoch = epoch
    this.#port = port
    const { signal } = this.#life
    // The worker acquires its lock before it says welcome.
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
          // Nothing would tell when the old worker has ended.
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
    this.#init.opened()
    for (const port of this.#waiting.splice(0)) this.#post({ type: 'socket' }, [port])
  }

  /**
   * Announces lending to the worker before the lending script is loaded, which happens after the page's own
   * scripts.
   */
  async #lend(): Promise<void> {
    const { port1, port2 } = new MessageChannel()
    this.#post({ type: 'lend' }, [port2])
    const { scripts } = this.#init
    const { signal } = this.#life
    try {
      const lendWebRTC = await scripts.late('rtc-lender.js')
      this.#lent = lendWebRTC(port1, { pump: () => scripts.rtcPump(), signal })
      // The visibility may have changed since the last page message.
      this.#lent.setVisible(isVisible())
    } catch (error) {
      console.warn('libp2p-websocket: no WebRTC:', error)
      port1.close()
      this.#webrtc = 'blocked'
      this.#tellPage()
    }
  }

  /** Sends the worker a page message if the page has changed. */
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
   * Counts ticks instead of measuring time, because timers stop while the page is frozen or busy, and a
   * worker must not seem hung then.
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

/** Resolves to whether any worker runs. A worker acquires its lock before it does anything else. */
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
