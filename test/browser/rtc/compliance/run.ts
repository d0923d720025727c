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
  /** Why the case was restarted. */
  retries: string[]
}

/** The part of mocha's build for browsers that this file uses; mocha defines itself as a global. */
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

/** The suite's own timeout in milliseconds for a case that doesn't set one, as in js-libp2p's build tool. */
const CASE_TIMEOUT_MS = 60_000

/**
 * How often a case is restarted. About one dial in ten hangs in `@libp2p/webrtc`, over the browser's own
 * classes as well as ours (see `src/relay/dialing/webrtc-dial.ts`), and the cases make one or two each.
 */
const RETRIES = 4

/**
 * Runs js-libp2p's compliance suite for transports over `@libp2p/webrtc` and the RTCPeerConnection of this
 * place. Dialer and listener are both here, and meet through `relays`. The setup is js-libp2p's own for this
 * transport, without ICE servers. `ended` is called after each case; the promise resolves after the last.
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
    // Exceptions from a hook arrive here too, under the hook's title.
    runner.on('fail', (test, error) => end(test, String(error.stack)))
  }
  mocha.setup({ ui: 'bdd', reporter, timeout: CASE_TIMEOUT_MS, retries: RETRIES })
  complianceTests({
    setup: async () => {
      const dialer = {
        transports: [
          // One for each circuit relay: what is queued there is silently dropped when another reservation
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
