import { environment } from '../../src/site/environment.ts'
import { EMPTY_MAP, describeMap, liveMapOf } from '../../src/site/map/live-map.ts'
import type { LiveMap } from '../../src/site/map/live-map.ts'
import { PeerWatch } from '../../src/site/peer-watch.ts'
import { nextPauseMs } from './redial.ts'

/** What the page knows about its peer: its circuit relay, and what carries this tab's connections. */
class LivePeer extends EventTarget {
  #map: LiveMap = EMPTY_MAP
  #isRefused = false
  #isFindable = false

  constructor() {
    super()
    void this.#watch()
  }

  get map(): LiveMap {
    return this.#map
  }

  /** Whether other peers find this one by the name of a room. */
  get isFindable(): boolean {
    return this.#isFindable
  }

  /** Says in a sentence what the map shows. */
  get words(): string {
    if (this.#map.self !== '') return describeMap(this.#map)
    if (!this.#isRefused) return 'Waiting for your peer …'
    return environment.inBrowser
      ? 'Your peer doesn’t say how it is connected.'
      : 'Your peer runs on the server, which shows its connections only on its own machine.'
  }

  /** Watches the peer for as long as the page is open, also after a new start of it. */
  async #watch(): Promise<never> {
    const watch = new PeerWatch(() => {
      const { watched } = watch
      const [clients, asking] =
        watched.kind === 'open' ? [watched.report.status.clients, watched.report.asking] : [[], '']
      // The connections of this tab only. A peer on a server doesn't tell which are this page's.
      const own = asking === '' ? clients : clients.filter(({ name }) => name === asking)
      this.#map = watched.kind === 'open' ? liveMapOf({ ...watched.report.status, clients: own }) : EMPTY_MAP
      this.#isRefused = watched.kind === 'refused'
      const points = watched.kind === 'open' ? watched.report.status.peer?.rendezvous?.points : undefined
      this.#isFindable = points?.some(({ registrations }) => registrations > 0) === true
      this.dispatchEvent(new Event('change'))
    })
    for (let pauseMs = 0; ;) {
      const startedMs = performance.now()
      await watch.start(environment.relayUrl)
      pauseMs = nextPauseMs(pauseMs, performance.now() - startedMs)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}

/** The state of the page's peer. Importing it starts watching; `change` is fired after each report. */
export const livePeer = new LivePeer()
