import type { PeerReport } from '../admin/messages.ts'
import { AdminClient } from './admin-client.ts'
import { Rates } from './rates.ts'
import { StreamRates } from './stream-rates.ts'

/** Milliseconds between two reports while the page is visible. */
export const DEFAULT_WATCH_INTERVAL_MS = 500

/** The latest report from the peer, or why there is none. */
export type Watched =
  | { kind: 'waiting' }
  | { kind: 'open'; report: PeerReport; admin: AdminClient }
  /** The peer refused: it is of another build, or runs on another machine. */
  | { kind: 'refused'; reason: string }

/** Polls the peer for reports while it is connected and the page is visible. */
export class PeerWatch {
  readonly rates = new Rates()
  readonly streamRates = new StreamRates()
  readonly #changed: () => void
  #watched: Watched = { kind: 'waiting' }
  #admin: AdminClient | undefined

  /** @param changed called after every report */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  get watched(): Watched {
    return this.#watched
  }

  /** Polls a relay until the connection to it is lost. Never rejects. */
  async start(url: string): Promise<void> {
    this.#admin?.close()
    const admin = new AdminClient(url)
    this.#admin = admin
    await this.#poll(admin)
  }

  /**
   * Returns whether this tab has open streams, such as those of a message sent in the inspector. Asks the
   * peer, because the last report of a hidden tab can be old. If the peer doesn't answer, the last report
   * counts.
   */
  async hasOpenStreams(): Promise<boolean> {
    if (this.#watched.kind !== 'open') return false
    const { admin } = this.#watched
    let { report } = this.#watched
    try {
      report = await admin.ask({ type: 'report' })
    } catch (error) {
      console.debug('libp2p-websocket:', error)
      if (admin.isClosed) return false
    }
    const { status, asking } = report
    return status.clients.some(({ name, streamCount }) => name === asking && streamCount > 0)
  }

  async #poll(admin: AdminClient): Promise<void> {
    const end = new AbortController()
    void admin.closed.then(() => end.abort())
    let reason = ''
    while (!end.signal.aborted) {
      try {
        const report = await admin.ask({ type: 'report' })
        this.#watched = { kind: 'open', report, admin }
        const { received, sent } = report.carried
        this.rates.add(Date.now(), received, sent)
        this.streamRates.add(report.status)
        this.#changed()
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error)
      }
      await untilNext(end.signal)
    }
    if (this.#admin !== admin) return
    const wasOpen = this.#watched.kind === 'open'
    this.#watched = wasOpen
      ? { kind: 'waiting' }
      : { kind: 'refused', reason: (await admin.closed) || reason }
    this.#changed()
  }
}

/** Waits for the interval, and then until the page is visible. */
async function untilNext(signal: AbortSignal): Promise<void> {
  const done = new AbortController()
  const either = AbortSignal.any([signal, done.signal])
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      if (document.visibilityState === 'visible') resolve()
      else document.addEventListener('visibilitychange', () => resolve(), { signal: either, once: true })
    }, DEFAULT_WATCH_INTERVAL_MS)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { signal: done.signal },
    )
  })
  done.abort()
}
