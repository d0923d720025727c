import '../support/polyfill.ts'
import { defaultLogger } from '@libp2p/logger'
import { Uint8ArrayList } from 'uint8arraylist'
import { expect, test } from 'vitest'
import type { Frame } from '../../src/lasting/frames.ts'
import { END_OF_PROPOSALS, encodeData, encodeFrame, encodeProtocolName } from '../../src/lasting/frames.ts'
import type { LastingStream } from '../../src/lasting/index.ts'
import { LastingStreams } from '../../src/lasting/index.ts'
import { heldBytes } from '../support/heap.ts'
import { until } from '../support/until.ts'
import { ManualLink, settle } from './manual-link.ts'

/** `LASTING_FUZZ=100000 npx vitest run test/lasting/fuzz.test.ts` goes on for longer. */
const ROUNDS = Number(process.env['LASTING_FUZZ'] ?? 1_500)
const SEED = Number(process.env['LASTING_SEED'] ?? 1)

/** The same numbers for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const random = randomFrom(SEED)
const below = (end: number): number => Math.floor(random() * end)
const oneOf = <T>(...all: [T, ...T[]]): T => all[below(all.length)] ?? all[0]

/** An offset, a count or a limit: often plausible, sometimes not. */
const offset = (): number => oneOf(0, 0, 1, below(64), below(64), 1000, 2 ** 32 + 5, 2 ** 53 - 1)
const id = (): Uint8Array => new Uint8Array(16).fill(below(8))

function frame(): Uint8Array {
  const epoch = oneOf(below(8), 2 * below(8), 4_294_967_295)
  const some: Frame[] = [
    { type: 'resume', id: id(), epoch, received: offset(), limit: offset() },
    { type: 'open', id: id(), limit: offset() },
    { type: 'accept', limit: offset() },
    {
      type: 'refused',
      reason: oneOf('unknown-stream', 'finished', 'stale-epoch', 'limit', 'unsupported-protocol'),
    },
    { type: 'resumed', received: offset(), limit: offset() },
    { type: 'ack', received: offset(), limit: offset() },
    { type: 'fin', offset: offset() },
    { type: 'reset', reason: oneOf('aborted', 'protocol-error') },
  ]
  const one = some[below(some.length + 3)]
  if (one !== undefined) return encodeFrame(one)
  return encodeData(offset(), new Uint8ArrayList(new Uint8Array(1 + below(40)))).slice()
}

/** What a peer may say on a carrier: an opening, then frames, with some bytes changed. */
function trace(...opening: Uint8Array[]): Uint8Array {
  const frames = Array.from({ length: below(6) }, frame)
  const bytes = Uint8Array.from(Buffer.concat([...opening, ...frames]))
  for (let changes = oneOf(0, 0, 1, 3); changes > 0 && bytes.byteLength > 0; changes -= 1)
    bytes[below(bytes.byteLength)] = below(256)
  return bytes.subarray(0, oneOf(bytes.byteLength, bytes.byteLength, below(bytes.byteLength + 1)))
}

function opening(): Uint8Array {
  const start = oneOf([], [...END_OF_PROPOSALS])
  const name = encodeProtocolName(oneOf('/x/test', '/x/test', '/none'))
  const open = encodeFrame({ type: 'open', id: id(), limit: offset() })
  const resume = encodeFrame({
    type: 'resume',
    id: id(),
    epoch: 2 * below(6),
    received: below(3),
    limit: offset(),
  })
  return Uint8Array.from(oneOf([...start, ...name, ...open], [...END_OF_PROPOSALS, ...resume]))
}

function use(stream: LastingStream): void {
  stream.addEventListener('message', ({ data }) => {
    if (stream.writeStatus === 'writable') stream.send(data.slice())
  })
  const what = below(6)
  if (what === 0 && stream.readStatus === 'readable') stream.pause()
  else if (what === 1) void stream.close().catch(() => undefined)
  else if (what === 2) stream.abort(new Error('not wanted'))
  else if (what === 3) void stream.closeRead()
  else if (stream.writeStatus === 'writable') stream.send(new Uint8Array(below(100)))
}

test(
  `whatever a peer sends on ${ROUNDS} carriers, nothing is thrown and nothing is left`,
  { timeout: 3_600_000 },
  async () => {
    const problems: unknown[] = []
    const problem = (error: unknown): void => void problems.push(error)
    process.on('unhandledRejection', problem)
    process.on('warning', problem)
    /** Links on which something may still come. */
    let links: ManualLink[] = []
    const say = async (from: ManualLink['dialer'], bytes: Uint8Array): Promise<void> => {
      for (let rest = bytes; rest.byteLength > 0;) {
        const size = oneOf(1, 7, 1000)
        if (from.writeStatus === 'writable') from.send(rest.slice(0, size))
        rest = rest.subarray(size)
      }
      await settle()
    }
    const streams = new LastingStreams({
      openCarrier: async () => {
        if (random() < 0.3) throw new Error('no way')
        const link = new ManualLink()
        links.push(link)
        void say(
          link.listener,
          trace(oneOf(frame(), encodeFrame({ type: 'resumed', received: 0, limit: 64 }))),
        )
        return link.dialer
      },
      log: defaultLogger().forComponent('test:fuzz'),
      limits: {
        initialWindowBytes: 64,
        maxWindowBytes: 128,
        minStreamBytes: 64,
        maxStreamsPerPeer: 16,
        maxInterruptedPerPeer: 8,
        maxResumesPerSecond: 1_000_000,
        resumeTimeoutMs: 60,
        answerTimeoutMs: 40,
      },
    })
    const round = async (): Promise<void> => {
      const peer = `mallory ${below(3)}`
      const link = new ManualLink()
      links.push(link)
      if (random() < 0.6) {
        streams.accept(link.listener, peer, (protocol) => (protocol === '/x/test' ? use : undefined))
        await say(link.dialer, trace(opening()))
      } else {
        void streams.open(link.dialer, peer, '/x/test').then(use, () => undefined)
        await say(link.listener, trace(encodeFrame({ type: 'accept', limit: offset() })))
      }
      if (random() < 0.2) {
        const [stream] = [...streams.streams(peer)]
        const better = new ManualLink()
        links.push(better)
        if (stream !== undefined) void streams.migrate(stream, better.dialer).catch(() => undefined)
        void say(better.listener, trace(encodeFrame({ type: 'resumed', received: below(3), limit: 64 })))
      }
      if (random() < 0.3) streams.retry(peer)
      for (const one of links) {
        while (one.deliver('dialer') || one.deliver('listener'));
        if (random() < 0.2) one.cut(...oneOf<('dialer' | 'listener')[]>([], ['dialer'], ['listener']))
      }
      links = links
        .filter(({ dialer, listener }) => dialer.status === 'open' || listener.status === 'open')
        .slice(-40)
    }
    try {
      for (let count = 0; count < 200; count += 1) await round()
      const before = heldBytes()
      for (let count = 0; count < ROUNDS; count += 1) await round()
      for (const link of links) link.cut()
      await until('every stream to end', async () => [...streams.streams()].length === 0)
      expect(streams.unacknowledgedBytes()).toBe(0)
      links.length = 0
      expect(heldBytes() - before).toBeLessThan(8_000_000)
    } finally {
      streams.stop()
      await settle()
      process.off('unhandledRejection', problem)
      process.off('warning', problem)
    }
    expect(problems).toEqual([])
  },
)
