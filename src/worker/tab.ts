import { tasks } from '../platform/task-queue.ts'
import type { Relay } from '../relay/index.ts'
import type { BorrowedRtc, Lender } from '../rtc/index.ts'
import { DEFAULT_LENDER_BUDGET } from '../rtc/index.ts'
import type { TabStatus } from '../status/index.ts'
import type { AcceptedWebSocket } from '../websocket/index.ts'
import type { AdminEndpoint, Recorder } from '../admin/index.ts'
import type { SocketAcceptors } from './port-control-socket.ts'
import { acceptControlSocket } from './port-control-socket.ts'
import type { ToTab, ToWorker, WorkerLogLevel } from './tab-messages.ts'
import { readToWorker } from './tab-messages.ts'
import { watchLifeLock } from './life-lock.ts'
import type { WorkerLog } from './worker-log.ts'

/** The most open control sockets of one tab. Further ones are dropped. */
export const MAX_SOCKETS_PER_TAB = 256
/**
 * Milliseconds in which a tab must say which lock it holds. Without the lock, its death would go unnoticed.
 */
const HELLO_TIMEOUT_MS = 30_000
/** Milliseconds between two pings to a tab whose lock can't tell whether it is alive. */
const PING_INTERVAL_MS = 5_000
/** Unanswered pings after which such a tab counts as gone. A page may be busy for half a minute. */
const MAX_UNANSWERED_PINGS = 6

/** What a {@link Tab} works with. */
export interface TabComponents {
  epoch: string
  /** The name of the tab's clients in the status. */
  name: string
  relay: Relay
  recorder: Recorder
  admin: AdminEndpoint
  rtc: BorrowedRtc
  /** Resolves when the peer can make WebRTC connections, or after a short timeout. */
  lenderReady(): Promise<void>
  log: WorkerLog
  /** Asks the worker to end for another build. Returns whether it does. */
  retire(): boolean
  /** Called when the tab has said hello. */
  onHello(): void
  /** Called once, when the tab has ended. */
  onEnd(tab: Tab): void
}

/**
 * The worker's end of one tab: its sockets and the WebRTC it lends. Everything is released when the tab goes.
 */
export class Tab {
  /** Number of ignored messages: invalid ones, and ones meant for another worker. */
  ignored = 0
  readonly #port: MessagePort
  readonly #components: TabComponents
  readonly #sockets = new Set<AcceptedWebSocket>()
  readonly #life = new AbortController()
  #lender: Lender | undefined
  /**
   * New sockets wait for this, so that their first Identify has the WebRTC addresses the tab makes possible.
   */
  #lenderReady: Promise<void> | undefined
  #hasSaidHello = false
  #unansweredPings = 0
  /** The tab's latest report about itself. */
  #page: Extract<ToWorker, { type: 'page' }> | undefined

  constructor(port: MessagePort, components: TabComponents) {
    this.#port = port
    this.#components = components
    const { signal } = this.#life
    port.addEventListener('message', (event: MessageEvent<unknown>) => this.#receive(event), { signal })
    port.start()
    components.log.follow(this.#logLine, { level: 'warn', scope: '' }, false)
    const timer = setTimeout(() => {
      if (!this.#hasSaidHello) this.end()
    }, HELLO_TIMEOUT_MS)
    signal.addEventListener('abort', () => clearTimeout(timer))
  }

  /** Whether the tab has offered to lend WebRTC, even if it turns out to be unable. */
  get lends(): boolean {
    return this.#lender !== undefined
  }

  /** The tab's part of the status snapshot. */
  get status(): TabStatus {
    const { title = '', path = '', visible = false } = this.#page ?? {}
    const { connections = 0, made = 0 } = this.#lender?.report ?? {}
    return {
      name: this.#components.name,
      title,
      path,
      visible,
      webrtc: this.#webrtc,
      carries: connections,
      made,
      budget: DEFAULT_LENDER_BUDGET,
    }
  }

  /** Returns the label of the tab's clients for people: its title, or else its path. */
  readonly #label = (): string => {
    const { title = '', path = '' } = this.#page ?? {}
    return title === '' ? path : title
  }

  get #webrtc(): TabStatus['webrtc'] {
    const said = this.#page?.webrtc ?? 'lends'
    if (said !== 'lends') return said
    const state = this.#lender?.report.state ?? 'coming'
    switch (state) {
      case 'coming':
        return 'comes'
      case 'able':
        return 'lends'
      case 'unable':
        return 'unsupported'
      case 'forbidden':
        return 'blocked'
      case 'spent':
        return 'budget-spent'
      default:
        return state satisfies never
    }
  }

  get socketCount(): number {
    return this.#sockets.size
  }

  post(message: ToTab): void {
    this.#port.postMessage(message)
  }

  /** Releases everything held for the tab. A second call does nothing. */
  end(): void {
    if (this.#life.signal.aborted) return
    this.#life.abort()
    this.#components.log.unfollow(this.#logLine)
    for (const socket of this.#sockets) socket.drop()
    this.#sockets.clear()
    // Its WebRTC carries the last words of its sockets, which are on their way when this task has ended.
    tasks.push(() => this.#stopLending())
    this.post({ type: 'gone', epoch: this.#components.epoch })
    this.#port.close()
    this.#components.onEnd(this)
  }

  readonly #logLine = (level: WorkerLogLevel, line: string): void => {
    this.post({ type: 'log', epoch: this.#components.epoch, level, line })
  }

  #receive(event: MessageEvent<unknown>): void {
    const message = readToWorker(event.data)
    const [port] = event.ports
    const { epoch, relay, log } = this.#components
    if (message === undefined || (message.type !== 'hello' && message.epoch !== epoch)) {
      this.ignored += 1
      for (const unwanted of event.ports) unwanted.close()
      return
    }
    this.#unansweredPings = 0
    switch (message.type) {
      case 'hello':
        if (!this.#hasSaidHello) this.#onHello(message.lock)
        return
      case 'lend':
        if (port !== undefined) this.#onLend(port)
        return
      case 'page':
        this.#page = message
        if (message.webrtc !== 'lends') this.#stopLending()
        return
      case 'socket':
        if (port !== undefined) this.#onSocket(port)
        return
      case 'wake':
        relay.retry()
        return
      case 'ping':
        this.post({ type: 'pong', epoch })
        return
      case 'pong':
        return
      case 'retire':
        this.post({ type: this.#components.retire() ? 'retiring' : 'busy', epoch })
        return
      case 'log':
        log.follow(this.#logLine, { level: message.level, scope: message.scope }, true)
        return
      case 'bye':
        this.end()
        return
      default:
        message satisfies never
    }
  }

  #onHello(lock: string): void {
    this.#hasSaidHello = true
    this.#components.onHello()
    // A tab acquires its lock before it says hello.
    watchLifeLock(lock, this.#life.signal, () => this.end())
      .then((lockTells) => {
        if (!lockTells) this.#startPinging()
      })
      .catch(() => this.end())
  }

  #startPinging(): void {
    const { signal } = this.#life
    if (signal.aborted) return
    const { epoch, log } = this.#components
    log.add(
      'warn',
      'a tab and the worker have separate Web Locks, because the browser has deleted this site’s data',
    )
    const timer = setInterval(() => {
      if (this.#unansweredPings >= MAX_UNANSWERED_PINGS) return this.end()
      this.#unansweredPings += 1
      this.post({ type: 'ping', epoch })
    }, PING_INTERVAL_MS)
    signal.addEventListener('abort', () => clearInterval(timer))
  }

  #stopLending(): void {
    this.#lender?.remove()
    this.#lender = undefined
  }

  #onLend(port: MessagePort): void {
    this.#stopLending()
    try {
      this.#lender = this.#components.rtc.addLender(port, { visible: this.#page?.visible ?? true })
      this.#lenderReady = this.#components.lenderReady().finally(() => {
        this.#lenderReady = undefined
      })
    } catch (error) {
      // The limit of lenders is reached, so this tab is not needed.
      this.#components.log.add('debug', `${this.#components.name} does not lend WebRTC: ${String(error)}`)
      port.close()
    }
  }

  #onSocket(port: MessagePort): void {
    const { relay, recorder, admin, name } = this.#components
    const acceptors: SocketAcceptors = {
      // Only pages of this origin can reach a SharedWorker, so all may have the key.
      relay: (socket, subprotocol) =>
        recorder.tap(socket, name, (tapped) =>
          relay.accept(tapped, { mayHaveKey: true, subprotocol, name, label: this.#label }),
        ),
      admin: (socket) => admin.accept(socket, name),
      ready: this.#lenderReady,
    }
    const socket = acceptControlSocket(port, acceptors, () => this.#sockets.delete(socket))
    this.#sockets.add(socket)
    if (this.#sockets.size > MAX_SOCKETS_PER_TAB) {
      socket.drop()
      this.#sockets.delete(socket)
    }
  }
}
