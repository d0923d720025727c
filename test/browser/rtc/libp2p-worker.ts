import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Libp2p, Stream } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { createBorrowedRtc } from '../../../src/rtc/index.ts'
import { sha256 } from './suite/support.ts'

/** The protocol on which a node says back what it hears. */
const ECHO = '/test/echo/1'
const TOTAL_BYTES = 8 * 1_048_576

const borrowed = createBorrowedRtc()
// Before the transport is loaded: it looks for the classes then.
borrowed.install(globalThis)

/** A peer that can be reached through the relay, over WebRTC only, and one that reaches it. */
async function startNodes(relay: string): Promise<{ listener: Libp2p; dialer: Libp2p }> {
  const { webRTC } = await import('@libp2p/webrtc')
  const node = async (listen: string[]): Promise<Libp2p> =>
    createLibp2p({
      addresses: { listen },
      transports: [webSockets(), circuitRelayTransport(), webRTC({ rtcConfiguration: { iceServers: [] } })],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      // The relay is on loopback, which a browser's node does not dial by itself.
      connectionGater: { denyDialMultiaddr: () => false },
      services: { identify: identify() },
    })
  return { listener: await node([`${relay}/p2p-circuit`, '/webrtc']), dialer: await node([]) }
}

/** Sends with the stream's own back-pressure, and gathers what comes back until the other end has ended. */
async function exchange(stream: Stream, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const back = new Uint8Array(bytes.length)
  const received = (async (): Promise<number> => {
    let length = 0
    for await (const chunk of stream) {
      back.set(chunk.subarray(), length)
      length += chunk.byteLength
    }
    return length
  })()
  for (let offset = 0; offset < bytes.length; offset += 65_536) {
    if (!stream.send(bytes.subarray(offset, offset + 65_536))) {
      await new Promise((resolve) => {
        stream.addEventListener('drain', resolve, { once: true })
      })
    }
  }
  await stream.close()
  const length = await received
  if (length !== bytes.length) throw new Error(`${length} of ${bytes.length} bytes came back`)
  return back
}

/** Two libp2p peers of this worker, over WebRTC that a tab lends: what happened, in words that a test compares. */
async function run(relay: string): Promise<object> {
  const { listener, dialer } = await startNodes(relay)
  try {
    await listener.handle(ECHO, async (stream) => {
      for await (const chunk of stream) {
        if (!stream.send(chunk)) {
          await new Promise((resolve) => {
            stream.addEventListener('drain', resolve, { once: true })
          })
        }
      }
      await stream.close()
    })
    const address = multiaddr(`${relay}/p2p-circuit/webrtc/p2p/${listener.peerId.toString()}`)
    const connection = await dialer.dial(address)
    const stream = await connection.newStream(ECHO)
    const bytes = new Uint8Array(TOTAL_BYTES)
    for (let offset = 0; offset < bytes.length; offset += 65_536) {
      crypto.getRandomValues(bytes.subarray(offset, offset + 65_536))
    }
    const back = await exchange(stream, bytes)
    return {
      multiplexer: connection.multiplexer,
      limited: connection.limits !== undefined,
      equal: (await sha256(back)) === (await sha256(bytes)),
      ignored: borrowed.ignored,
    }
  } finally {
    await Promise.all([dialer.stop(), listener.stop()])
  }
}

globalThis.addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports
  port?.addEventListener('message', ({ data }: MessageEvent<{ relay: string; lend: MessagePort }>) => {
    borrowed.onlenderschange = () => {
      borrowed.onlenderschange = null
      run(data.relay).then(
        (result) => port.postMessage(result),
        (error: unknown) => port.postMessage({ error: String((error as Error).stack ?? error) }),
      )
    }
    borrowed.addLender(data.lend)
  })
  port?.start()
})
