import type { Relay } from '../relay/index.ts'
import type { BorrowedRtc, Lender } from '../rtc/index.ts'
import type { AcceptedWebSocket } from '../websocket/index.ts'
import { acceptControlSocket } from './port-control-socket.ts'
import type { ToTab } from './tab-wire.ts'
import { readToWorker } from './tab-wire.ts'

/** Control sockets of one tab at once. A further one is refused. */
export const MAX_SOCKETS_PER_TAB = 256
/** Milliseconds in which a tab must have said which lock it holds: without it nobody would notice its death. */
const HELLO_TIMEOUT_MS = 30_000

/** What a tab's messages act on. */
export interface TabComponents {
  relay: Relay
  rtc: BorrowedRtc
  gone(tab: Tab): void
}

/** One tab: its sockets, and the WebRTC that it lends. All of it goes when the tab does. */
export class Tab {
  /** Messages that could not be understood: each was ignored. */
  ignored = 0
  readonly #port: MessagePort
  readonly #components: TabComponents
  readonly #sockets = new Set<AcceptedWebSocket>()
  readonly #life = new AbortController()
  #lender: Lender | undefined
  #hasSaidHello = false

  constructor(port: MessagePort, components: TabComponents) {
    this.#port = port
    this.#components = components
    const { signal } = this.#life
    port.addEventListener('message', (event: MessageEvent<unknown>) => this.#receive(event), { signal })
    port.start()
    const timer = setTimeout(() => {
      if (!this.#hasSaidHello) this.end()
    }, HELLO_TIMEOUT_MS)
    signal.addEventListener('abort', () => clearTimeout(timer))
  }

  /** It has come to lend WebRTC, able or not. */
  get lends(): boolean {
    return this.#lender !== undefined
  }

  post(message: ToTab): void {
    this.#port.postMessage(message)
  }

  /** Frees all that is held for the tab. A second call does nothing. */
  end(): void {
    if (this.#life.signal.aborted) return
    this.#life.abort()
    this.#release()
    this.#port.close()
    this.#components.gone(this)
  }

  #release(): void {
    for (const socket of this.#sockets) socket.drop()
    this.#sockets.clear()
    this.#lender?.remove()
    this.#lender = undefined
  }

  #receive(event: MessageEvent<unknown>): void {
    const read = readToWorker(event)
    if (read === undefined) {
      this.ignored += 1
      return
    }
    const { message, port } = read
    switch (message.type) {
      case 'hello':
        if (!this.#hasSaidHello) this.#onHello(message.lock)
        return
      case 'lend':
        if (port !== undefined) this.#onLend(port, message.visible)
        return
      case 'socket':
        if (port !== undefined) this.#onSocket(port)
        return
      case 'wake':
        this.#components.relay.retry()
        return
      case 'bye':
        this.#release()
        return
      default:
        message satisfies never
    }
  }

  #onHello(lock: string): void {
    this.#hasSaidHello = true
    navigator.locks
      .request(lock, { signal: this.#life.signal }, () => this.end())
      // The request is given up when the tab has ended otherwise.
      .catch(() => this.end())
  }

  #onLend(port: MessagePort, visible: boolean): void {
    this.#lender?.remove()
    try {
      this.#lender = this.#components.rtc.addLender(port, { visible })
    } catch {
      // There are as many lenders as can be: this tab is not needed.
      port.close()
    }
  }

  #onSocket(port: MessagePort): void {
    const socket = acceptControlSocket(port, this.#components.relay, () => this.#sockets.delete(socket))
    this.#sockets.add(socket)
    if (this.#sockets.size > MAX_SOCKETS_PER_TAB) socket.drop()
  }
}
