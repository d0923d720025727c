import '../support/polyfill.ts'
import type { Connection, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test, vi } from 'vitest'
import type { LastingStream } from '../../src/lasting/index.ts'
import { LastingLink } from '../../src/relay/lasting/lasting-link.ts'
import type { MigrationsInit } from '../../src/relay/lasting/migrations.ts'
import { Migrations } from '../../src/relay/lasting/migrations.ts'
import { ManualLink } from '../lasting/manual-link.ts'

const RELAY = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'
const PEER = '12D3KooWB1b3qZxWJanuhtseF3DmPggHCtG36KZ9ixkqHtdKH9fh'
const CIRCUIT = `/ip4/127.0.0.1/tcp/1/p2p/${RELAY}/p2p-circuit/p2p/${PEER}`
const WEBRTC = `/webrtc/p2p/${PEER}`

afterEach(() => {
  vi.useRealTimers()
})

/** A link to the peer. `opened` has the streams that were opened on it. */
function linkOver(address: string): Connection & { opened: Stream[] } {
  const opened: Stream[] = []
  const createStream = async (): Promise<Stream> => {
    const { dialer } = new ManualLink()
    opened.push(dialer)
    return dialer
  }
  return {
    opened,
    status: 'open',
    remotePeer: PEER,
    remoteAddr: multiaddr(address),
    muxer: Object.assign(new EventTarget(), { createStream }),
  } as unknown as Connection & { opened: Stream[] }
}

/** One stream on a circuit. The test answers its requests to move. */
function start(): {
  migrations: Migrations
  asked: { carrier: Stream; answer: PromiseWithResolvers<void> }[]
  suspects: Connection[]
} {
  const circuit = linkOver(CIRCUIT)
  const stream = { direction: 'outbound' } as LastingStream
  const link = new LastingLink(stream, circuit, { addrs: [], relay: '' })
  const asked: { carrier: Stream; answer: PromiseWithResolvers<void> }[] = []
  const suspects: Connection[] = []
  const init: MigrationsInit = {
    log: () => undefined,
    stopping: new AbortController().signal,
    streamsWith: () => [[stream, link]],
    migrate: async (_, carrier) => {
      const answer = Promise.withResolvers<void>()
      asked.at(-1)?.answer.reject(new Error('a newer attempt replaced this one'))
      asked.push({ carrier, answer })
      await answer.promise
    },
    suspect: (suspected) => void suspects.push(suspected),
    isSilent: () => false,
    opened: () => undefined,
  }
  return { migrations: new Migrations(init), asked, suspects }
}

test('a stream is not held up by a new link that never answers, when there is another one', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const { migrations, asked, suspects } = start()
  const [dead, alive] = [linkOver(WEBRTC), linkOver(WEBRTC)]
  void migrations.moveTo(dead)
  await vi.advanceTimersByTimeAsync(600)
  expect(asked.map(({ carrier }) => carrier)).toEqual(dead.opened)
  void migrations.moveTo(alive)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(asked.map(({ carrier }) => carrier)).toEqual([...dead.opened, ...alive.opened])
  expect(alive.opened).toHaveLength(1)
  expect(suspects).toEqual([dead])
})

test('a stream does not move twice because two links have opened together', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  const { migrations, asked, suspects } = start()
  const [first, second] = [linkOver(WEBRTC), linkOver(WEBRTC)]
  void migrations.moveTo(first)
  void migrations.moveTo(second)
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toHaveLength(1)
  expect(first.opened).toHaveLength(1)
  expect(second.opened).toEqual([])
  expect(suspects).toEqual([])
})
