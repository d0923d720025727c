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

/** The protocol on which a node answers with the SHA-256 of everything it received up to the end. */
const DIGEST = '/test/digest/1'
const TOTAL_BYTES = 8 * 1_048_576

const borrowed = createBorrowedRtc()
// Must run before the transport is loaded, which looks for the classes then.
borrowed.install(globalThis)

/** A peer that answers with digests, and listens on the given addresses. */
async function startNode(listen: string[]): Promise<Libp2p> {
  const { webRTC } = await import('@libp2p/webrtc')
  const node = await createLibp2p({
    addresses: { listen },
    transports: [webSockets(), circuitRelayTransport(), webRTC({ rtcConfiguration: { iceServers: [] } })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // The circuit relay is on loopback, which a browser's node does not dial by default.
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify() },
  })
  await answerDigests(node)
  return node
}

/** All bytes of a stream up to its end. */
async function read(stream: Stream): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of stream) chunks.push(chunk.slice())
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}

/** Waits until the stream accepts more; rejects if it ends instead. */
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

/**
 * Sends random bytes with the stream's own back-pressure; returns whether the other end received the same.
 */
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

/** A connection's properties, and whether bytes reached the other end complete. */
export interface Seen {
  multiplexer: string
  limited: boolean
  isWhole: boolean
}

/** What a page asks of this worker; every answer goes to the port that the request came from. */
export type Request =
  | { type: 'lend'; port: MessagePort }
  | { type: 'listen'; relay: string }
  | { type: 'dial'; address: string }
  | { type: 'dial back'; peer: string }
  | { type: 'stop' }

let listener: Libp2p | undefined
let dialer: Libp2p | undefined

async function seen(connection: Connection): Promise<Seen> {
  return {
    multiplexer: connection.multiplexer ?? '',
    limited: connection.limits !== undefined,
    isWhole: await hearsTheSame(connection),
  }
}

async function answer(request: Request): Promise<unknown> {
  switch (request.type) {
    case 'lend': {
      const able = new Promise<void>((resolve) => {
        borrowed.onlenderschange = resolve
      })
      borrowed.addLender(request.port)
      return able
    }
    // The address of a peer that can be reached through the circuit relay, over WebRTC only.
    case 'listen':
      listener = await startNode([`${request.relay}/p2p-circuit`, '/webrtc'])
      return `${request.relay}/p2p-circuit/webrtc/p2p/${listener.peerId.toString()}`
    // What a new peer that dials it sees, and that peer's ID.
    case 'dial': {
      dialer = await startNode([])
      const connection = await dialer.dial(multiaddr(request.address))
      return { peer: dialer.peerId.toString(), seen: await seen(connection) }
    }
    // What the listening peer sees of its connection to the dialer.
    case 'dial back': {
      const connection = listener
        ?.getConnections()
        .find(({ remotePeer, limits }) => remotePeer.toString() === request.peer && limits === undefined)
      return connection === undefined ? undefined : seen(connection)
    }
    case 'stop':
      await Promise.all([dialer?.stop(), listener?.stop()])
      return borrowed.ignored
    default:
      return request satisfies never
  }
}

globalThis.addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports
  port?.addEventListener('message', ({ data }: MessageEvent<Request>) => {
    answer(data).then(
      (result) => port.postMessage({ result }),
      // The stack of an error that the browser creates is empty in Firefox.
      (error: unknown) => port.postMessage({ error: `${String(error)}\n${(error as Error).stack}` }),
    )
  })
  port?.start()
})
