import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import type { Relay } from '../relay/index.ts'
import type { BorrowedRtc } from '../rtc/index.ts'
import type { TabStatus, TransportStatus } from '../status/index.ts'
import type { WorkerLog } from './worker-log.ts'

/** Milliseconds that a peer's start, and a socket of a tab, wait for a tab which has come to lend and has not yet said that it is able. */
const FIRST_LENDER_TIMEOUT_MS = 1_000

/** Gives the relay its WebRTC transports while tabs lend, and takes them back when the last has gone. */
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
      if (!able) log.add('info', 'no tab lends WebRTC any more: circuit relays carry what they can')
      else void this.#tellWhenApplied()
    }
  }

  async #tellWhenApplied(): Promise<void> {
    await this.#applied
    for (const done of this.#waiters) done()
  }

  /** What the tabs make possible: `tabs` are all of them, lending or not. */
  static statuses(tabs: readonly TabStatus[]): TransportStatus[] {
    const can = tabs.some(({ webrtc }) => webrtc === 'lends')
      ? ({ able: true } as const)
      : ({ able: false, why: whyNot(tabs) } as const)
    return [
      { name: 'webrtc', ...can },
      { name: 'webrtc-direct', ...can },
    ]
  }

  /** STUN and TURN servers for the connections to come. */
  set iceServers(servers: RTCIceServer[]) {
    this.#iceServers = servers
  }

  /** Resolves when a tab is able to lend, at once if none is expected to, and in any case soon. */
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

/** Why no tab lends: what will pass by itself first, then what somebody can do something about. */
function whyNot(tabs: readonly TabStatus[]): NonNullable<TransportStatus['why']> {
  const is = (state: TabStatus['webrtc']): boolean => tabs.some(({ webrtc }) => webrtc === state)
  if (is('budget-spent')) return 'budget-spent'
  if (is('comes')) return 'no-lender'
  if (is('blocked')) return 'blocked'
  return is('unsupported') ? 'unsupported' : 'no-lender'
}
