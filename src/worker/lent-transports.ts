import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import type { Relay } from '../relay/index.ts'
import type { BorrowedRtc } from '../rtc/index.ts'
import type { TabStatus, TransportStatus } from '../status/index.ts'
import type { WorkerLog } from './worker-log.ts'

/**
 * Milliseconds that the peer's start and a tab's sockets wait for a tab that has offered WebRTC to become
 * able to lend it.
 */
const FIRST_LENDER_TIMEOUT_MS = 1_000

/**
 * Adds WebRTC transports to the relay while a tab lends WebRTC, and removes them when the last such tab has
 * gone.
 */
export class LentTransports {
  readonly #rtc: BorrowedRtc
  readonly #waiters = new Set<() => void>()
  #applied: Promise<unknown> = Promise.resolve()
  #iceServers: RTCIceServer[] = []

  constructor(relay: Relay, rtc: BorrowedRtc, log: WorkerLog) {
    this.#rtc = rtc
    const rtcConfiguration = (): RTCConfiguration => ({ iceServers: this.#iceServers })
    const transports = {
      '@libp2p/webrtc': { factory: webRTC({ rtcConfiguration }), listen: ['/webrtc'] },
      '@libp2p/webrtc-direct': { factory: webRTCDirect({ rtcConfiguration }), listen: [] },
    }
    rtc.onlenderschange = () => {
      const able = rtc.lenderCount > 0
      this.#applied = Promise.all(
        Object.entries(transports).map(([tag, { factory, listen }]) =>
          able ? relay.addTransport(tag, factory, listen) : relay.removeTransport(tag),
        ),
      )
      if (!able) log.add('info', 'no tab lends WebRTC any more, so only circuit relays can carry connections')
      else void this.#resolveWaiters()
    }
  }

  async #resolveWaiters(): Promise<void> {
    await this.#applied
    for (const done of this.#waiters) done()
  }

  /** Returns the status of both WebRTC transports, given all tabs, lending or not. */
  static statuses(tabs: readonly TabStatus[]): TransportStatus[] {
    const ability = tabs.some(({ webrtc }) => webrtc === 'lends')
      ? ({ able: true } as const)
      : ({ able: false, why: reasonFor(tabs) } as const)
    return [
      { name: 'webrtc', ...ability },
      { name: 'webrtc-direct', ...ability },
    ]
  }

  /** Sets the STUN and TURN servers of future connections. */
  set iceServers(servers: RTCIceServer[]) {
    this.#iceServers = servers
  }

  /**
   * Resolves when a tab lends WebRTC or {@link FIRST_LENDER_TIMEOUT_MS} have passed; immediately if none is
   * expected.
   */
  async ready(lenderExpected: boolean): Promise<void> {
    if (!lenderExpected) return
    if (this.#rtc.lenderCount > 0) {
      await this.#applied
      return
    }
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#waiters.delete(done)
        resolve()
      }
      const timer = setTimeout(done, FIRST_LENDER_TIMEOUT_MS)
      this.#waiters.add(done)
    })
  }
}

/**
 * Returns why no tab lends WebRTC. Temporary reasons take precedence over those that the user must resolve.
 */
function reasonFor(tabs: readonly TabStatus[]): NonNullable<TransportStatus['why']> {
  const is = (state: TabStatus['webrtc']): boolean => tabs.some(({ webrtc }) => webrtc === state)
  if (is('budget-spent')) return 'budget-spent'
  if (is('comes')) return 'no-lender'
  if (is('blocked')) return 'blocked'
  return is('unsupported') ? 'unsupported' : 'no-lender'
}
