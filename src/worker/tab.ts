import type { Relay } from '../relay/index.ts'
import type { BorrowedRtc, Lender } from '../rtc/index.ts'
import { DEFAULT_LENDER_BUDGET } from '../rtc/index.ts'
import type { TabStatus } from '../status/index.ts'
import type { AcceptedWebSocket } from '../websocket/index.ts'
import type { Desk, Inspector } from '../admin/index.ts'
import type { PortReception } from './port-control-socket.ts'
import { acceptControlSocket } from './port-control-socket.ts'
import type { ToTab, ToWorker, WireLogLevel } from './tab-messages.ts'
import { readToWorker } from './tab-messages.ts'
import { watchLifeLock } from './life-lock.ts'
import type { WorkerLog } from './worker-log.ts'

/** Control sockets of one tab at once. A further one is dropped. */
export const MAX_SOCKETS_PER_TAB = 256
/** Milliseconds in which a tab must have said which lock it holds: without it nobody would notice its death. */
const HELLO_TIMEOUT_MS = 30_000
/** Milliseconds between two questions to a tab whose lock can't tell whether it lives. */
const PING_INTERVAL_MS = 5_000
/** Questions without an answer after which such a tab counts as gone: a page may be busy for half a minute. */
const MAX_UNANSWERED_PINGS = 6

/** What a tab's messages act on. */
export interface TabComponents {
  epoch: string
  /** What its clients are called. */
  name: string
  relay: Relay
  inspector: Inspector
  desk: Desk
  rtc: BorrowedRtc
  /** Resolves when the peer makes WebRTC connections, or when that has taken too long to be waited for. */
  lenderReady(): Promise<void>
  log: WorkerLog
  /** Another build asks this worker to end: true if it does. */
  retire(): boolean
  /** The tab has said hello. */
  came(): void
  gone(tab: Tab): void
}

/** One tab: its sockets, and the WebRTC that it lends. All of it goes when the tab does. */
export class Tab {
  /** Messages that could not be understood, or were meant for another worker: each was ignored. */
  ignored = 0
  readonly #port: MessagePort
  readonly #components: TabComponents
  readonly #sockets = new Set<AcceptedWebSocket>()
  readonly #life = new AbortController()
  #lender: Lender | undefined
  /** Until then its sockets wait, so that they are told of WebRTC addresses that the tab itself makes possible. */
  #lenderReady: Promise<void> | undefined
  #hasSaidHello = false
  #unansweredPings = 0
  /** What it has last said of itself. */
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

  /** It has come to lend WebRTC, able or not. */
  get lends(): boolean {
    return this.#lender !== undefined
  }

  /** How the tab is, as the snapshot has it. */
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

  /** What its clients are called for people: by its title, or its path. */
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

  /** Frees all that is held for the tab. A second call does nothing. */
  end(): void {
    if (this.#life.signal.aborted) return
    this.#life.abort()
    this.#components.log.unfollow(this.#logLine)
    for (const socket of this.#sockets) socket.drop()
    this.#sockets.clear()
    this.#lendNoMore()
    this.post({ type: 'gone', epoch: this.#components.epoch })
    this.#port.close()
    this.#components.gone(this)
  }

  readonly #logLine = (level: WireLogLevel, line: string): void => {
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
        if (message.webrtc !== 'lends') this.#lendNoMore()
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
    this.#components.came()
    // The tab holds its lock before it says hello.
    watchLifeLock(lock, this.#life.signal, () => this.end())
      .then((lockTells) => {
        if (!lockTells) this.#keepAsking()
      })
      .catch(() => this.end())
  }

  #keepAsking(): void {
    const { signal } = this.#life
    if (signal.aborted) return
    const { epoch, log } = this.#components
    log.add('warn', 'a tab has other Web Locks than the worker: the browser has deleted this site’s data')
    const timer = setInterval(() => {
      if (this.#unansweredPings >= MAX_UNANSWERED_PINGS) return this.end()
      this.#unansweredPings += 1
      this.post({ type: 'ping', epoch })
    }, PING_INTERVAL_MS)
    signal.addEventListener('abort', () => clearInterval(timer))
  }

  #lendNoMore(): void {
    this.#lender?.remove()
    this.#lender = undefined
  }

  #onLend(port: MessagePort): void {
    this.#lendNoMore()
    try {
      this.#lender = this.#components.rtc.addLender(port, { visible: this.#page?.visible ?? true })
      this.#lenderReady = this.#components.lenderReady().finally(() => {
        this.#lenderReady = undefined
      })
    } catch (error) {
      // There are as many lenders as can be: this tab is not needed.
      this.#components.log.add('debug', `a tab does not lend: ${String(error)}`)
      port.close()
    }
  }

  #onSocket(port: MessagePort): void {
    const { relay, inspector, desk, name } = this.#components
    const reception: PortReception = {
      // Only pages of this origin reach a SharedWorker.
      relay: (socket) =>
        inspector.tap(socket, name, (tapped) =>
          relay.accept(tapped, { mayHaveKey: true, name, label: this.#label }),
        ),
      desk: (socket) => desk.accept(socket, name),
      ready: this.#lenderReady,
    }
    const socket = acceptControlSocket(port, reception, () => this.#sockets.delete(socket))
    this.#sockets.add(socket)
    if (this.#sockets.size > MAX_SOCKETS_PER_TAB) {
      socket.drop()
      this.#sockets.delete(socket)
    }
  }
}
