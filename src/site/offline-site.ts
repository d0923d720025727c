import { Workbox } from 'workbox-window'
import type {
  FromPage,
  FromServiceWorker,
  Kept,
  TabInTheWay,
  ToServiceWorker,
} from '../service-worker/page-messages.ts'
import { readFromServiceWorker, readToPage } from '../service-worker/page-messages.ts'
import { serviceWorkerLack, trustedScript } from './service-worker.ts'

/** Milliseconds between two looks for a new build, in a tab that stays open. */
export const DEFAULT_CHECK_INTERVAL_MS = 30 * 60_000
/** Milliseconds for a service worker's answer; it asks every tab meanwhile. */
const ANSWER_TIMEOUT_MS = 10_000

/** Whether the site is kept for offline, and whether a new build of it waits. */
export type OfflineState =
  | { kind: 'starting' }
  /** There is no service worker: the site works, but not offline, and neither folders nor old pages do. */
  | { kind: 'unavailable'; why: string }
  /** The first visit: the site is being kept. */
  | { kind: 'installing' }
  /**
   * It opens without a network. `firstVisit`: only since now, so pages that do not load our script get it from their next load
   * on. `kept` is what has been found to be kept; undefined until that has been looked at.
   */
  | { kind: 'ready'; firstVisit: boolean; kept: Kept | undefined }
  /** A new build can be put in place by `update`. */
  | { kind: 'update' }
  | { kind: 'updating' }
  /** It was not put in place: these tabs have to be closed first, or their streams ended. */
  | { kind: 'held-up'; tabs: readonly TabInTheWay[] }

/** What an {@link OfflineSite} is made of. */
export interface OfflineSiteInit {
  /** The service worker, `sw.js` in the site's root. */
  url: URL
  /** The build that the page is of. */
  build: string
  /** Whether streams are open in this tab: while there are, no new build takes over. Never rejects. */
  hasStreams(): Promise<boolean>
  /** Called with each new state, the first one included. */
  changed(state: OfflineState): void
  /** Ends it. The service worker stays. */
  signal: AbortSignal
  /** Default {@link DEFAULT_CHECK_INTERVAL_MS}. */
  checkIntervalMs?: number
}

/**
 * The service worker as a page of the site sees it.
 *
 * It is registered when the page has loaded. A new build is fetched in the background and offered; when the user takes it, all tabs
 * of the site begin anew together, if none of them has streams open. To be made once in a page.
 */
export class OfflineSite {
  readonly #init: OfflineSiteInit
  readonly #workbox: Workbox | undefined
  #registration: ServiceWorkerRegistration | undefined
  #state: OfflineState = { kind: 'starting' }
  /** A service worker has this page, or this page has agreed to begin anew: when another comes, it does. */
  #followsChange = false

  constructor(init: OfflineSiteInit) {
    this.#init = init
    const lack = serviceWorkerLack()
    if (lack !== undefined) {
      this.#to({ kind: 'unavailable', why: lack })
      return
    }
    const container = navigator.serviceWorker
    init.changed(this.#state)
    const { signal } = init
    this.#followsChange = container.controller !== null
    container.addEventListener('message', (event) => void this.#answer(event), { signal })
    container.addEventListener('controllerchange', () => void this.#changed(), { signal })
    container.startMessages()
    this.#workbox = new Workbox(trustedScript(init.url), { updateViaCache: 'none' })
    this.#workbox.addEventListener('waiting', () => this.#to({ kind: 'update' }))
    this.#workbox.addEventListener('activated', ({ isUpdate }) => {
      void this.#ready(isUpdate !== true)
    })
    this.#workbox.addEventListener('redundant', () => {
      if (this.#state.kind !== 'installing') return
      this.#to({ kind: 'unavailable', why: 'not all files of the site could be fetched as they were built' })
    })
    void this.#register(this.#workbox)
  }

  /** Puts the new build in place, and begins anew with it; else the state says what holds it up. */
  async update(): Promise<void> {
    const waiting = this.#registration?.waiting
    // The service worker is newer than this page: the page alone has to begin anew.
    if (waiting === null || waiting === undefined) return location.reload()
    this.#to({ kind: 'updating' })
    const said = await ask(waiting, { type: 'take-over' })
    if (said?.type === 'held-up') this.#to({ kind: 'held-up', tabs: said.tabs })
    else if (said?.type !== 'taken-over') this.#to({ kind: 'update' })
  }

  async #register(workbox: Workbox): Promise<void> {
    try {
      const registration = await workbox.register()
      if (registration === undefined) return
      this.#registration = registration
      this.#keepChecking(workbox)
      const { active, installing, waiting } = registration
      if (active === null) {
        if (this.#state.kind === 'starting') this.#to({ kind: 'installing' })
        return
      }
      if (waiting !== null || this.#state.kind !== 'starting') return
      const said = await ask(active, { type: 'build' })
      if (installing === null && said?.type === 'build' && said.build !== this.#init.build) {
        this.#to({ kind: 'update' })
      } else if (this.#state.kind === 'starting') await this.#ready(false)
    } catch (error) {
      this.#to({ kind: 'unavailable', why: error instanceof Error ? error.message : String(error) })
    }
  }

  /** A page of the site, or the browser, may have deleted what was kept: it is looked at, and mended. */
  async #ready(firstVisit: boolean): Promise<void> {
    this.#to({ kind: 'ready', firstVisit, kept: undefined })
    const { active } = await navigator.serviceWorker.ready
    if (active === null) return
    const said = await ask(active, { type: 'keep' })
    if (said?.type !== 'kept' || this.#state.kind !== 'ready') return
    this.#to({ kind: 'ready', firstVisit, kept: { missing: said.missing, network: said.network } })
  }

  #keepChecking(workbox: Workbox): void {
    const check = (): void => {
      // Without a network there is nothing to find.
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

  async #changed(): Promise<void> {
    const follows = this.#followsChange
    this.#followsChange = true
    if (!follows) return
    // A stream that was opened in this very moment is not cut: the page begins anew when the user says so.
    if (await this.#init.hasStreams()) this.#to({ kind: 'update' })
    else location.reload()
  }

  #to(state: OfflineState): void {
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
