import { BenchPage } from './bench-page.ts'
import type { Chunk, Pipe, World } from './pipe.ts'

/** What the two pages exchange until they are connected; `from` distinguishes several calls. */
type Signal = { call: string } & (
  | { description: RTCSessionDescriptionInit }
  | { candidate: RTCIceCandidateInit }
)

/** The largest message in bytes that Chromium's data channels accept. */
const MAX_MESSAGE_BYTES = 262_144
/** How many bytes may wait in the channel, as in `@libp2p/webrtc`. */
const HIGH_WATER_BYTES = 2_097_152

function pipeOf(channel: RTCDataChannel): Pipe {
  channel.binaryType = 'arraybuffer'
  channel.bufferedAmountLowThreshold = HIGH_WATER_BYTES / 2
  const early: Chunk[] = []
  let taken = (chunk: Chunk): void => void early.push(chunk)
  channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => taken(new Uint8Array(data)))
  return {
    send(bytes) {
      for (let start = 0; start < bytes.byteLength; start += MAX_MESSAGE_BYTES) {
        channel.send(bytes.subarray(start, start + MAX_MESSAGE_BYTES))
      }
      return channel.bufferedAmount < HIGH_WATER_BYTES
    },
    drain: () =>
      new Promise((resolve) =>
        channel.addEventListener('bufferedamountlow', () => resolve(), { once: true }),
      ),
    receive(take) {
      taken = take
      for (const chunk of early.splice(0)) take(chunk)
    },
    close: () => channel.close(),
    ended: (told) => channel.addEventListener('close', () => told('closed'), { once: true }),
  }
}

let socket: WebSocket
let accept: (pipe: Pipe) => void = () => undefined
const calls = new Map<string, RTCPeerConnection>()

function send(signal: Signal): void {
  socket.send(JSON.stringify(signal))
}

function makeConnection(call: string): RTCPeerConnection {
  const connection = new RTCPeerConnection({ iceServers: [] })
  calls.set(call, connection)
  connection.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate !== null) send({ call, candidate: candidate.toJSON() })
  })
  return connection
}

async function receive(signal: Signal): Promise<void> {
  const known = calls.get(signal.call)
  if ('candidate' in signal) return known?.addIceCandidate(signal.candidate)
  if (signal.description.type === 'answer') return known?.setRemoteDescription(signal.description)
  const connection = makeConnection(signal.call)
  connection.addEventListener('datachannel', ({ channel }) => accept(pipeOf(channel)))
  await connection.setRemoteDescription(signal.description)
  await connection.setLocalDescription()
  if (connection.localDescription !== null) {
    send({
      call: signal.call,
      description: connection.localDescription.toJSON(),
    })
  }
}

/** Nothing but an RTCDataChannel: the least work and the best result that a page can have. */
const world: World = {
  async start() {
    // Where the harness forwards signals from one page to the other.
    socket = new WebSocket(decodeURIComponent(location.hash.slice(1)))
    let signals = Promise.resolve()
    socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
      signals = signals.then(() => receive(JSON.parse(data) as Signal))
    })
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
    return { peer: '', addrs: [] }
  },
  async listen(accepted) {
    accept = accepted
  },
  async dial() {
    const call = crypto.randomUUID()
    const connection = makeConnection(call)
    const channel = connection.createDataChannel('bench')
    const opened = new Promise((resolve) => channel.addEventListener('open', resolve, { once: true }))
    await connection.setLocalDescription()
    if (connection.localDescription !== null) {
      send({ call, description: connection.localDescription.toJSON() })
    }
    await opened
    return pipeOf(channel)
  },
}

globalThis.bench = new BenchPage(world)
