import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { createBorrowedRtc } from '../../../src/rtc/index.ts'
import { sha256 } from './suite/support.ts'

/** The protocol on which a node answers all that it has heard, up to its end, with the SHA-256 of it. */
const DIGEST = '/test/digest/1'
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

/** All bytes of a stream up to its end. */
async function read(stream: Stream): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of stream) chunks.push(chunk.slice())
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}

/** Waits until the stream takes more; rejects if it ends instead. */
async function drained(stream: Stream): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.addEventListener('drain', () => resolve(), { once: true })
    stream.addEventListener('close', ({ error }) => reject(error ?? new Error('it was closed')), {
      once: true,
    })
  })
}

async function answerDigests(node: Libp2p): Promise<void> {
  await node.handle(DIGEST, async (stream) => {
    const digest = await sha256(await read(stream))
    stream.send(new TextEncoder().encode(digest))
    await stream.close()
  })
}

/** Sends random bytes with the stream's own back-pressure: whether the other end has heard the same. */
async function hearsTheSame(connection: Connection): Promise<boolean> {
  const bytes = new Uint8Array(TOTAL_BYTES)
  for (let offset = 0; offset < bytes.length; offset += 65_536) {
    crypto.getRandomValues(bytes.subarray(offset, offset + 65_536))
  }
  const stream = await connection.newStream(DIGEST)
  const answer = read(stream)
  for (let offset = 0; offset < bytes.length; offset += 65_536) {
    if (!stream.send(bytes.subarray(offset, offset + 65_536))) await drained(stream)
  }
  await stream.close()
  return new TextDecoder().decode(await answer) === (await sha256(bytes))
}

/** Two libp2p peers of this worker, over WebRTC that a tab lends: what happened, in words that a test compares. */
async function run(relay: string): Promise<object> {
  const { listener, dialer } = await startNodes(relay)
  try {
    await Promise.all([answerDigests(listener), answerDigests(dialer)])
    const there = await dialer.dial(
      multiaddr(`${relay}/p2p-circuit/webrtc/p2p/${listener.peerId.toString()}`),
    )
    const back = listener
      .getConnections(dialer.peerId)
      .find(({ multiplexer }) => multiplexer === there.multiplexer)
    return {
      multiplexer: there.multiplexer,
      limited: there.limits !== undefined,
      there: await hearsTheSame(there),
      back: back !== undefined && (await hearsTheSame(back)),
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
