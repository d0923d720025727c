import type { PeerReport } from '../admin/messages.ts'
import { OperatorLink } from './admin-link.ts'
import { Rates } from './rates.ts'
import { StreamRates } from './stream-rates.ts'

/** Milliseconds between two looks at the peer, while the page can be seen. */
export const DEFAULT_WATCH_INTERVAL_MS = 500

/** What is known of the peer beyond what every client is told. */
export type Watched =
  | { kind: 'waiting' }
  | { kind: 'open'; report: PeerReport; link: OperatorLink }
  /** The peer does not let this page look: it is another build's, or on another machine. */
  | { kind: 'refused'; why: string }

/** Looks at the peer again and again, while there is one and the page can be seen. */
export class PeerWatch {
  readonly rates = new Rates()
  readonly streamRates = new StreamRates()
  readonly #changed: () => void
  #watched: Watched = { kind: 'waiting' }
  #link: OperatorLink | undefined

  /** `changed` is called after every look. */
  constructor(changed: () => void) {
    this.#changed = changed
  }

  get watched(): Watched {
    return this.#watched
  }

  /** A relay is there. Ends by itself when it is lost. */
  begin(url: string): void {
    this.#link?.close()
    const link = new OperatorLink(url)
    this.#link = link
    void this.#run(link)
  }

  /**
   * Whether this very tab has streams open, such as those of a message sent by hand. The peer is asked: what is shown in a tab that
   * is hidden may be long past. Without a peer there are no streams; one that does not answer is believed to have them still.
   */
  async hasOwnStreams(): Promise<boolean> {
    if (this.#watched.kind !== 'open') return false
    const { link } = this.#watched
    let { report } = this.#watched
    try {
      report = await link.ask({ type: 'report' })
    } catch (error) {
      console.debug('libp2p-websocket:', error)
      if (link.isClosed) return false
    }
    const { status, asking } = report
    return status.clients.some(({ name, streamCount }) => name === asking && streamCount > 0)
  }

  async #run(link: OperatorLink): Promise<void> {
    const end = new AbortController()
    void link.closed.then(() => end.abort())
    let why = ''
    while (!end.signal.aborted) {
      try {
        const report = await link.ask({ type: 'report' })
        this.#watched = { kind: 'open', report, link }
        const { received, sent } = report.carried
        this.rates.add(Date.now(), received, sent)
        this.streamRates.add(report.status)
        this.#changed()
      } catch (error) {
        why = error instanceof Error ? error.message : String(error)
      }
      await untilNext(end.signal)
    }
    if (this.#link !== link) return
    const wasOpen = this.#watched.kind === 'open'
    this.#watched = wasOpen ? { kind: 'waiting' } : { kind: 'refused', why: (await link.closed) || why }
    this.#changed()
  }
}

/** Waits for the interval, and then until the page can be seen. */
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
