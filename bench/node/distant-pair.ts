import { tcp } from '@libp2p/tcp'
import { webRTC } from '@libp2p/webrtc'
import type { Relay } from '../../src/relay/index.ts'
import { wsHost } from '../../test/support/hosts.ts'
import { makeRelay, startReferencePeer } from '../../test/support/peers.ts'
import { RelayClient } from '../../test/support/relay-client.ts'
import { startTcpProxy } from '../../test/support/tcp-proxy.ts'
import { until } from '../../test/support/until.ts'

/** A client that can be waited for without polling. */
export class TimedClient extends RelayClient {
  readonly #waiting = new Set<() => void>()

  override message(bytes: Uint8Array): void {
    super.message(bytes)
    for (const look of this.#waiting) look()
  }

  /** Resolves in the task in which `check` first returns something. */
  async arrival<T>(check: () => T | undefined): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const look = (): void => {
      const [refused] = this.all('peerConnectionRefused')
      if (refused !== undefined) reject(new Error(refused.error))
      const found = check()
      if (found !== undefined) resolve(found)
    }
    this.#waiting.add(look)
    look()
    try {
      return await promise
    } finally {
      this.#waiting.delete(look)
    }
  }
}

/** A relay with a client. */
export interface End {
  relay: Relay
  client: TimedClient
  peer: string
  addresses: string[]
}

/** Two relays that have never met, whose ways to their common circuit relay are slow. */
export interface DistantPair {
  near: End
  far: End
  close(): Promise<void>
}

/** How the relays of a {@link DistantPair} connect. */
export interface DistantOptions {
  /** Milliseconds that bytes take from each relay to the circuit relay, and back. */
  delayMs: number
  /** Whether they can make a WebRTC connection, which isn't delayed. */
  webRtc: boolean
  lasting: boolean
}

export async function startDistantPair({ delayMs, webRtc, lasting }: DistantOptions): Promise<DistantPair> {
  const cleanups: (() => Promise<unknown>)[] = []
  const close = async (): Promise<void> => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  }
  const circuitRelay = await startReferencePeer({ relay: { reservations: { applyDefaultLimit: false } } })
  cleanups.push(async () => await circuitRelay.stop())
  const [address = ''] = circuitRelay.getMultiaddrs().map(String)
  const port = address.split('/')[4] ?? ''
  const start = async (): Promise<End> => {
    const proxy = await startTcpProxy(Number(port))
    proxy.delay(delayMs)
    const relay = makeRelay({
      network: { relays: [address.replace(port, String(proxy.port))] },
      transports: webRtc ? [tcp(), webRTC({ rtcConfiguration: { iceServers: [] } })] : [tcp()],
      listen: webRtc ? ['/webrtc'] : [],
      bounds: { identifyTimeoutMs: 30_000, ...(lasting ? {} : { lasting: false }) },
    })
    const served = await wsHost.serve(relay)
    cleanups.push(
      () => proxy.close(),
      () => relay.stop(),
      () => served.close(),
    )
    const client = new TimedClient()
    client.socket = await served.connect(client)
    const { peer, addresses } = await client.start()
    return { relay, client, peer, addresses }
  }
  try {
    const [near, far] = [await start(), await start()]
    // Identify with the circuit relay goes on for some round trips after its reservation.
    await until('both to be known to the circuit relay', async () =>
      (await Promise.all(circuitRelay.getPeers().map((peer) => circuitRelay.peerStore.get(peer)))).every(
        ({ protocols }) => protocols.includes('/ipfs/id/1.0.0'),
      ),
    )
    return { near, far, close }
  } catch (error) {
    await close()
    throw error
  }
}
