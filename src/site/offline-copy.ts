import { Workbox } from 'workbox-window'
import type {
  FromPage,
  FromServiceWorker,
  Kept,
  TabInTheWay,
  ToServiceWorker,
} from '../service-worker/page-messages.ts'
import { readFromServiceWorker, readToPage } from '../service-worker/page-messages.ts'
import { whyNoServiceWorker, trustedScript } from './service-worker.ts'

/** Milliseconds between two checks for a new build. */
export const DEFAULT_CHECK_INTERVAL_MS = 30 * 60_000
/** Milliseconds to wait for the service worker's answer, for which it may have to ask every tab. */
const ANSWER_TIMEOUT_MS = 10_000

/** Whether the site opens offline, and whether a new build is waiting. */
export type OfflineState =
  | { kind: 'starting' }
  /**
   * There is no service worker: the site works online, but it can't serve folders or put our script into old
   * pages.
   */
  | { kind: 'unavailable'; reason: string }
  /** On the first visit, while the site's files are being saved. */
  | { kind: 'installing' }
  /**
   * The site opens offline. `firstVisit`: only since this visit, so open pages that don't load our script
   * themselves get it when they are reloaded. `kept` says which files were saved; undefined until the service
   * worker has checked.
   */
  | { kind: 'ready'; firstVisit: boolean; kept: Kept | undefined }
  /** A new build is waiting for `update`. */
  | { kind: 'update' }
  | { kind: 'updating' }
  /** The update failed, because these tabs have open streams or did not answer. */
  | { kind: 'blocked'; tabs: readonly TabInTheWay[] }

/** Options of an {@link OfflineCopy}. */
export interface OfflineCopyInit {
  /** The URL of the service worker, `sw.js` in the site's root. */
  url: URL
  /** The page's build. */
  build: string
  /** Returns whether this tab has open streams, which block an update. Must not reject. */
  hasStreams(): Promise<boolean>
  /** Called with each state, including the first one. */
  changed(state: OfflineState): void
  /** Stops watching the service worker, which keeps running. */
  signal: AbortSignal
  /** Default {@link DEFAULT_CHECK_INTERVAL_MS}. */
  checkIntervalMs?: number
}

/**
 * The offline copy of the site, kept by the service worker. Create one per page.
 *
 * It registers the service worker and checks for new builds in the background. When the user accepts one, all
 * tabs of the site reload together, unless one of them has open streams.
 */
export class OfflineCopy {
  readonly #init: OfflineCopyInit
  readonly #workbox: Workbox | undefined
  #registration: ServiceWorkerRegistration | undefined
  #state: OfflineState = { kind: 'starting' }
  /**
   * Whether to reload when a new service worker takes control: it replaces an older one, or this page has
   * agreed to it.
   */
  #followsChange = false

  constructor(init: OfflineCopyInit) {
    this.#init = init
    const obstacle = whyNoServiceWorker()
    if (obstacle !== undefined) {
      this.#setState({ kind: 'unavailable', reason: obstacle })
      return
    }
    const container = navigator.serviceWorker
    init.changed(this.#state)
    const { signal } = init
    this.#followsChange = container.controller !== null
    container.addEventListener('message', (event) => void this.#answer(event), { signal })
    container.addEventListener('controllerchange', () => void this.#controllerChanged(), { signal })
    container.startMessages()
    this.#workbox = new Workbox(trustedScript(init.url), { updateViaCache: 'none' })
    this.#workbox.addEventListener('waiting', () => this.#setState({ kind: 'update' }))
    this.#workbox.addEventListener('activated', ({ isUpdate }) => {
      void this.#becomeReady(isUpdate !== true)
    })
    this.#workbox.addEventListener('redundant', () => {
      if (this.#state.kind !== 'installing') return
      this.#setState({
        kind: 'unavailable',
        reason: 'some files of the site could not be fetched, or differ from this build',
      })
    })
    void this.#register(this.#workbox)
  }

  /** Switches to the new build and reloads all tabs. If a tab blocks that, the state says which one. */
  async update(): Promise<void> {
    const waiting = this.#registration?.waiting
    // The active service worker is already of the new build: only this page has to reload.
    if (waiting === null || waiting === undefined) return location.reload()
    this.#setState({ kind: 'updating' })
    const answer = await ask(waiting, { type: 'take-over' })
    if (answer?.type === 'held-up') this.#setState({ kind: 'blocked', tabs: answer.tabs })
    else if (answer?.type !== 'taken-over') this.#setState({ kind: 'update' })
  }

  async #register(workbox: Workbox): Promise<void> {
    try {
      const registration = await workbox.register()
      if (registration === undefined) return
      this.#registration = registration
      this.#checkForUpdates(workbox)
      const { active, installing, waiting } = registration
      if (active === null) {
        if (this.#isStarting()) this.#setState({ kind: 'installing' })
        return
      }
      if (waiting !== null || !this.#isStarting()) return
      const answer = await ask(active, { type: 'build' })
      if (installing === null && answer?.type === 'build' && answer.build !== this.#init.build) {
        this.#setState({ kind: 'update' })
      } else if (this.#isStarting()) await this.#becomeReady(false)
    } catch (error) {
      this.#setState({ kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) })
    }
  }

  /**
   * Reports that the site opens offline, after the service worker has restored files that a page or the
   * browser deleted.
   */
  async #becomeReady(firstVisit: boolean): Promise<void> {
    this.#setState({ kind: 'ready', firstVisit, kept: undefined })
    const { active } = await navigator.serviceWorker.ready
    if (active === null) return
    const answer = await ask(active, { type: 'keep' })
    if (answer?.type !== 'kept' || this.#state.kind !== 'ready') return
    this.#setState({ kind: 'ready', firstVisit, kept: { missing: answer.missing, network: answer.network } })
  }

  #checkForUpdates(workbox: Workbox): void {
    const check = (): void => {
      // The check fails while offline.
      void workbox.update().catch((error: unknown) => console.debug('libp2p-websocket:', error))
    }
    const timer = setInterval(check, this.#init.checkIntervalMs ?? DEFAULT_CHECK_INTERVAL_MS)
    this.#init.signal.addEventListener('abort', () => clearInterval(timer))
  }

  async #answer({ data, ports: [port] }: MessageEvent<unknown>): Promise<void> {
    if (readToPage(data) === undefined || port === undefined) return
    const may = !(await this.#init.hasStreams())
    this.#followsChange ||= may
    port.postMessage({ type: 'may-take-over', may } satisfies FromPage)
  }

  async #controllerChanged(): Promise<void> {
    const follows = this.#followsChange
    this.#followsChange = true
    if (!follows) return
    // Reloading would end a stream opened since this page agreed, so it waits for the user instead.
    if (await this.#init.hasStreams()) this.#setState({ kind: 'update' })
    else location.reload()
  }

  #isStarting(): boolean {
    return this.#state.kind === 'starting'
  }

  #setState(state: OfflineState): void {
    if (this.#init.signal.aborted) return
    this.#state = state
    this.#init.changed(state)
  }
}

async function ask(worker: ServiceWorker, question: ToServiceWorker): Promise<FromServiceWorker | undefined> {
  const { port1, port2 } = new MessageChannel()
  try {
    return await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), ANSWER_TIMEOUT_MS)
      port1.onmessage = ({ data }) => {
        clearTimeout(timer)
        resolve(readFromServiceWorker(data))
      }
      worker.postMessage(question, [port2])
    })
  } finally {
    port1.close()
  }
}
