import '../support/polyfill.ts'
import type { Stream, StreamMuxer } from '@libp2p/interface'
import { multiaddrConnectionPair } from '@libp2p/utils'
import fc from 'fast-check'
import type { Uint8ArrayList } from 'uint8arraylist'
import { expect, test } from 'vitest'
import { YamuxFrames } from '../../src/relay/libp2p/yamux-frames.ts'
import {
  FRAMES_PER_TURN,
  MAX_UNREAD_ANSWERS,
  MAX_WAITING_BYTES,
  boundedYamux,
} from '../../src/relay/libp2p/yamux.ts'
import { boundStream } from '../../src/relay/libp2p/stream-bounds.ts'
import { heldBytes } from '../support/heap.ts'
import { until } from '../support/until.ts'

const DATA = 0
const WINDOW_UPDATE = 1
const PING = 2
const GO_AWAY = 3
const SYN = 1
const FIN = 4

/** A yamux frame by hand: version, type, flags, stream, length, and the data's payload. */
function frame(type: number, flag: number, stream: number, content: number | Uint8Array): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt8(type, 1)
  header.writeUInt16BE(flag, 2)
  header.writeUInt32BE(stream, 4)
  header.writeUInt32BE(typeof content === 'number' ? content : content.byteLength, 8)
  return typeof content === 'number' ? header : Buffer.concat([header, content])
}

interface Bench {
  muxer: StreamMuxer
  /** The connection beneath the muxer. */
  own: ReturnType<typeof multiaddrConnectionPair>[0]
  /** The peer's end of the connection, where a test writes frames by hand. */
  peer: ReturnType<typeof multiaddrConnectionPair>[0]
  /** Everything that the muxer has sent. */
  answers: () => number
  /** Gives the muxer its next turn; returns false if it doesn't want one. */
  turn: () => boolean
  streams: Stream[]
}

function start(): Bench {
  const [peer, own] = multiaddrConnectionPair()
  const due: (() => void)[] = []
  const makeFactory = boundedYamux({ enableKeepAlive: false }, (task) => due.push(task))
  const muxer = makeFactory().createStreamMuxer(own)
  const streams: Stream[] = []
  muxer.addEventListener('stream', ({ detail }) => {
    boundStream(detail)
    streams.push(detail)
  })
  let sentBytes = 0
  peer.addEventListener('message', ({ data }) => {
    sentBytes += data.byteLength
  })
  const turn = (): boolean => {
    const tasks = due.splice(0)
    for (const task of tasks) task()
    return tasks.length > 0
  }
  return { muxer, own, peer, answers: () => sentBytes / 12, turn, streams }
}

test('frames are read correctly, however they are split or merged', () => {
  const content = fc.oneof(fc.nat({ max: 1000 }), fc.uint8Array({ maxLength: 40 }))
  const one = fc.record({ flag: fc.constantFrom(0, 0, 0, SYN, FIN), stream: fc.constantFrom(1, 3), content })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 60 }), fc.array(fc.integer({ min: 1, max: 90 })), (sent, cuts) => {
      const wire = Buffer.concat(
        sent.map(({ flag, stream, content: data }) =>
          frame(typeof data === 'number' ? WINDOW_UPDATE : DATA, flag, stream, data),
        ),
      )
      const frames = new YamuxFrames()
      const bytes = new Map<number, number[]>()
      const others: [number, number, number][] = []
      const flags: [number, number][] = []
      const read = (): void => {
        for (let next = frames.next(); next !== undefined; next = frames.next()) {
          const { type, flag, streamID, length } = next.header
          if (flag !== 0) flags.push([streamID, flag])
          if (type !== DATA) others.push([flag, streamID, length])
          else bytes.set(streamID, [...(bytes.get(streamID) ?? []), ...(next.data?.subarray() ?? [])])
        }
      }
      let offset = 0
      for (const [index, cut] of [...cuts, wire.byteLength].entries()) {
        frames.push(wire.subarray(offset, offset + cut))
        offset += cut
        if (index % 3 === 0) read()
      }
      read()
      expect(frames.waitingBytes).toBe(0)
      for (const stream of [1, 3]) {
        const wanted = sent
          .filter((other) => other.stream === stream)
          .map(({ content: data }) => (typeof data === 'number' ? new Uint8Array() : data))
        expect(Buffer.from(bytes.get(stream) ?? []).equals(Buffer.concat(wanted))).toBe(true)
      }
      expect(others).toEqual(
        sent.flatMap(({ flag, stream, content: data }) =>
          typeof data === 'number' ? [[flag, stream, data]] : [],
        ),
      )
      expect(flags).toEqual(sent.filter(({ flag }) => flag !== 0).map(({ flag, stream }) => [stream, flag]))
    }),
  )
})

test('a data frame that announces 4 GB takes no memory while it arrives', () => {
  const frames = new YamuxFrames()
  frames.push(frame(DATA, 0, 1, 0xff_ff_ff_ff))
  expect(frames.next()).toBe(undefined)
  const before = heldBytes()
  for (let sent = 0; sent < 50_000; sent++) {
    frames.push(Uint8Array.of(1))
    expect(frames.next()?.data?.byteLength === 1).toBe(true)
  }
  expect(heldBytes() - before).toBeLessThan(1_000_000)
})

test('other tasks run in between when a peer sends a flood of frames', async () => {
  const { peer, answers, turn } = start()
  const count = 10 * FRAMES_PER_TURN
  peer.send(Buffer.concat(Array.from({ length: count }, (_, id) => frame(PING, SYN, 0, id))))
  const perTurn = FRAMES_PER_TURN / 16
  await until('the first answers', () => answers() === perTurn)
  let turns = 1
  while (turn()) {
    turns += 1
    await until('the answers of the next turn', () => answers() === Math.min(count, turns * perTurn))
  }
  expect(answers()).toBe(count)
})

test('a peer whose frames cost too much time loses its connection, and its bytes are dropped', async () => {
  const { muxer, peer } = start()
  const pings = Buffer.concat(Array.from({ length: 10_000 }, (_, id) => frame(PING, SYN, 0, id)))
  const sends = Math.ceil(MAX_WAITING_BYTES / pings.byteLength) + 1
  for (let sent = 0; sent < sends && peer.status === 'open'; sent++) peer.send(pings)
  await until('the end of the connection', () => muxer.status === 'closed' && peer.status !== 'open')
})

test('bytes that arrive one per frame are read together if they have to wait', async () => {
  const { peer, turn, streams } = start()
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251))
  const wire = [...bytes].map((byte) => frame(DATA, 0, 1, Uint8Array.of(byte)))
  peer.send(frame(WINDOW_UPDATE, SYN, 1, 0))
  const [stream] = await until('the stream', () => streams.length > 0 && streams)
  const received: Uint8Array[] = []
  stream?.addEventListener('message', ({ data }) => received.push(data.subarray()))
  peer.send(Buffer.concat(wire))
  await until('all bytes', () => {
    turn()
    return received.reduce((sum, { byteLength }) => sum + byteLength, 0) === bytes.byteLength
  })
  expect(Buffer.concat(received).equals(bytes)).toBe(true)
  expect(received.length).toBeLessThan(1_000)
})

test('a peer that sends more than may wait, in frames that are cheap to handle, loses nothing', async () => {
  const { muxer, peer, turn, streams } = start()
  peer.send(frame(WINDOW_UPDATE, SYN, 1, 0))
  const [stream] = await until('the stream', () => streams.length > 0 && streams)
  let bytes = 0
  stream?.addEventListener('message', ({ data }) => {
    bytes += data.byteLength
  })
  const packet = Buffer.concat(Array.from({ length: 1_000 }, () => frame(DATA, 0, 1, Uint8Array.of(7))))
  const packets = Math.ceil((3 * MAX_WAITING_BYTES) / packet.byteLength)
  for (let sent = 0; sent < packets; sent++) peer.send(packet)
  // No turn is given before most of it has arrived.
  await until('more than the bound', () => bytes * 13 >= 2 * MAX_WAITING_BYTES || muxer.status !== 'open')
  await until('all bytes', () => {
    turn()
    return bytes === packets * 1_000 || muxer.status !== 'open'
  })
  expect([bytes, muxer.status]).toEqual([packets * 1_000, 'open'])
})

test('bytes that arrive one by one for a paused reader take little more memory than their number', async () => {
  const { peer, turn, streams } = start()
  peer.send(frame(WINDOW_UPDATE, SYN, 1, 0))
  const [stream] = await until('the stream', () => streams.length > 0 && streams)
  stream?.pause()
  const count = 30_000
  const before = heldBytes()
  const wire = Buffer.concat(Array.from({ length: 100 }, () => frame(DATA, 0, 1, Uint8Array.of(7))))
  for (let sent = 0; sent < count; sent += 100) {
    // Each byte in a piece of its own, as a peer may pack it.
    for (let start = 0; start < wire.byteLength; start += 13) peer.send(wire.subarray(start, start + 13))
    await until('these bytes', () => {
      turn()
      return stream?.readBufferLength === sent + 100
    })
  }
  expect(heldBytes() - before).toBeLessThan(10 * count + 500_000)
})

test('bytes that a peer sent before it disconnected are read even if they have to wait', async () => {
  const { peer, streams } = start()
  peer.send(frame(WINDOW_UPDATE, SYN, 1, 0))
  const [stream] = await until('the stream', () => streams.length > 0 && streams)
  let bytes = 0
  stream?.addEventListener('message', ({ data }) => {
    bytes += data.byteLength
  })
  const pings = Array.from({ length: 2 * FRAMES_PER_TURN }, (_, id) => frame(PING, SYN, 0, id))
  peer.send(
    Buffer.concat([...pings, frame(DATA, 0, 1, new Uint8Array(500)), frame(DATA, FIN, 1, new Uint8Array(5))]),
  )
  await peer.close()
  await until('the end', () => stream?.status !== 'open')
  expect(bytes).toBe(505)
})

test('a peer that reads no answers to its frames loses its connection after a bounded number of them', async () => {
  const { muxer, own, peer, turn } = start()
  // Like a socket whose other end doesn't read: it accepts the first answer, and never drains.
  Object.assign(own, {
    sendData: (data: Uint8ArrayList) => ({ sentBytes: data.byteLength, canSendMore: false }),
  })
  const answered = (): number => own.writeBufferLength / 12 + 1
  const ping = async (count: number, isDone: () => boolean): Promise<void> => {
    peer.send(Buffer.concat(Array.from({ length: count }, (_, id) => frame(PING, SYN, 0, id))))
    await until('the frames to be handled', () => {
      while (turn());
      return isDone()
    })
  }
  await ping(MAX_UNREAD_ANSWERS + 1, () => answered() === MAX_UNREAD_ANSWERS + 1)
  expect([muxer.status, peer.status]).toEqual(['open', 'open'])
  await ping(1, () => muxer.status === 'closed' && peer.status !== 'open')
})

test.each([
  ['is done', 0],
  ['has failed', 2],
])('a connection whose other side says that it %s is closed', async (_, code) => {
  const { muxer, own, peer, turn } = start()
  peer.send(frame(GO_AWAY, 0, 0, code))
  await until('the end', () => turn() || muxer.status === 'closed')
  expect(own.status).not.toBe('open')
})
