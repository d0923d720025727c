import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import complianceTests from '@libp2p/interface-compliance-tests/transport'
import { ping } from '@libp2p/ping'
import { webSockets } from '@libp2p/websockets'
import { WebRTC } from '@multiformats/multiaddr-matcher'

/** How one case ended: `passed`, `skipped`, or what went wrong. */
export interface CaseResult {
  title: string
  result: string
  /** Why it was begun anew. */
  retries: string[]
}

/** What this file uses of mocha's build for browsers, which defines itself as a global. */
interface Mocha {
  setup(options: {
    ui: 'bdd'
    /** Called with `new`. */
    reporter(this: void, runner: Runner): void
    timeout: number
    retries: number
  }): void
  run(done: (failures: number) => void): void
}

interface Test {
  state?: 'passed' | 'failed' | 'pending'
  err?: Error
  fullTitle(): string
}

interface Runner {
  on(event: 'test end', listener: (test: Test) => void): void
  on(event: 'fail' | 'retry', listener: (test: Test, error: Error) => void): void
}

/**
 * The suite's own limit for a case that does not set one, in milliseconds: what js-libp2p's build tool gives.
 */
const CASE_TIMEOUT_MS = 60_000

/**
 * Times that a case is begun anew: one dial of ten or so hangs in `@libp2p/webrtc`, over the browser's own
 * classes as over ours (see `src/relay/dialing/webrtc-dial.ts`), and the cases make one or two each.
 */
const RETRIES = 4

/**
 * Runs js-libp2p's compliance suite for transports over `@libp2p/webrtc` and whatever RTCPeerConnection this
 * place has: dialer and listener are both here, and meet through `relays`. It is set up as js-libp2p sets it
 * up for this transport, but for the ICE servers, of which there are none. `ended` is called after each case;
 * it resolves after the last.
 */
export async function runCompliance(relays: string[], ended: (result: CaseResult) => void): Promise<void> {
  const { webRTC } = await import('@libp2p/webrtc')
  const { mocha } = globalThis as unknown as { mocha: Mocha }
  const retries: string[] = []
  function reporter(this: void, runner: Runner): void {
    const end = (test: Test, result: string): void =>
      ended({ title: test.fullTitle(), result, retries: retries.splice(0) })
    runner.on('retry', (_, error) => retries.push(String(error)))
    runner.on('test end', (test) => {
      if (test.state !== 'failed') end(test, test.state ?? 'skipped')
    })
    // What a hook throws comes here too, under the hook's title.
    runner.on('fail', (test, error) => end(test, String(error.stack)))
  }
  mocha.setup({ ui: 'bdd', reporter, timeout: CASE_TIMEOUT_MS, retries: RETRIES })
  complianceTests({
    setup: async () => {
      const dialer = {
        transports: [
          // One for each relay: what is queued there is dropped without a word when another reservation
          // succeeds.
          circuitRelayTransport({ reservationConcurrency: relays.length }),
          webSockets(),
          webRTC({ rtcConfiguration: { iceServers: [] } }),
        ],
        connectionEncrypters: [noise()],
        streamMuxers: [yamux()],
        services: { identify: identify(), ping: ping() },
        connectionGater: { denyDialMultiaddr: () => false },
        connectionMonitor: { enabled: false },
      }
      const listen = [...relays.map((relay) => `${relay}/p2p-circuit`), '/webrtc']
      return {
        dialer,
        listener: { addresses: { listen }, ...dialer },
        dialMultiaddrMatcher: WebRTC,
        listenMultiaddrMatcher: WebRTC,
      }
    },
    teardown: async () => undefined,
  })
  await new Promise<void>((resolve) => mocha.run(() => resolve()))
}
