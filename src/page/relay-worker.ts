import type { LentWebRTC } from '../rtc/index.ts'
import { lendWebRTC } from '../rtc/index.ts'
import type { ToWorker } from '../worker/tab-wire.ts'
import { LOCK_PREFIX, WORKER_NAME, readToTab } from '../worker/tab-wire.ts'

/** Where the worker and the pump are, and what to do when the worker is gone. */
export interface RelayWorkerInit {
  workerUrl: URL
  pumpUrl: URL
  /** The worker has died, or could not be loaded: nothing that it carried lives on. */
  died(): void
}

/** As in HTML's extended lifetimes for SharedWorkers: it survives the reload of the only tab. All callers must agree on it. */
interface ExtendedWorkerOptions extends WorkerOptions {
  extendedLifetime: boolean
}

/**
 * The tab's side of the SharedWorker: it starts it when it is first needed, holds the lock by which the worker notices the
 * tab's death, waits for the lock by which the tab notices the worker's, and lends it WebRTC.
 */
export class RelayWorker {
  readonly #init: RelayWorkerInit
  #life: AbortController | undefined
  #port: MessagePort | undefined
  #lent: LentWebRTC | undefined

  constructor(init: RelayWorkerInit) {
    this.#init = init
  }

  /** Brings the other end of a page's WebSocket to the worker. */
  open(port: MessagePort): void {
    this.#post({ type: 'socket' }, [port])
  }

  /** The network is back or the tab is visible: what waits in the worker need not wait any longer. */
  wake(): void {
    if (this.#port !== undefined) this.#post({ type: 'wake' }, [])
  }

  setVisible(visible: boolean): void {
    this.#lent?.setVisible(visible)
  }

  /** Lets go of the worker: the page goes, or is kept in the back-forward cache. */
  leave(): void {
    if (this.#port === undefined) return
    this.#post({ type: 'bye' }, [])
    this.#end()
  }

  #post(message: ToWorker, transfer: MessagePort[]): void {
    this.#port ??= this.#start()
    this.#port.postMessage(message, transfer)
  }

  #start(): MessagePort {
    const life = new AbortController()
    const { signal } = life
    this.#life = life
    const options: ExtendedWorkerOptions = { name: WORKER_NAME, extendedLifetime: true }
    const worker = new SharedWorker(this.#init.workerUrl, options)
    const { port } = worker
    worker.addEventListener(
      'error',
      () => this.#died(signal, `${this.#init.workerUrl.pathname} cannot be loaded`),
      {
        signal,
      },
    )
    port.addEventListener('message', (event: MessageEvent<unknown>) => this.#receive(event, signal), {
      signal,
    })
    port.start()
    this.#hello(port, signal)
    if ('RTCPeerConnection' in globalThis) this.#lend(port, signal)
    return port
  }

  #hello(port: MessagePort, signal: AbortSignal): void {
    const lock = `${LOCK_PREFIX}tab:${crypto.randomUUID()}`
    void navigator.locks.request(lock, async () => {
      // Only now, so that the worker cannot get the lock before the tab has it.
      port.postMessage({ type: 'hello', lock } satisfies ToWorker)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    })
  }

  #lend(port: MessagePort, signal: AbortSignal): void {
    const channel = new MessageChannel()
    this.#lent = lendWebRTC(channel.port1, { pump: this.#init.pumpUrl, signal })
    const visible = document.visibilityState === 'visible'
    port.postMessage({ type: 'lend', visible } satisfies ToWorker, [channel.port2])
  }

  #receive(event: MessageEvent<unknown>, signal: AbortSignal): void {
    const message = readToTab(event)
    if (message === undefined) return
    if (message.type === 'log') {
      console[message.level](`libp2p-websocket: ${message.line}`)
      return
    }
    navigator.locks
      .request(message.lock, { signal }, () => this.#died(signal, 'the SharedWorker is gone'))
      // Given up because the tab has left the worker.
      .catch((error: unknown) => console.debug('libp2p-websocket:', error))
  }

  #died(signal: AbortSignal, why: string): void {
    if (signal.aborted) return
    console.warn(`libp2p-websocket: ${why}; open connections are lost, and a new WebSocket starts it again`)
    this.#end()
    this.#init.died()
  }

  #end(): void {
    this.#life?.abort()
    this.#life = undefined
    this.#port = undefined
    this.#lent = undefined
  }
}
