import '../support/polyfill.ts'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import type { Progress } from '../../src/relay/libp2p/connection-traffic.ts'
import { hasMoved } from '../../src/relay/libp2p/connection-traffic.ts'
import { ConnectionMonitor } from '../../src/relay/dialing/connection-monitor.ts'
import { Peer } from '../../src/relay/peer.ts'
import { collect } from '../support/peers.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const BULK = '/x/bulk'
const BULK_BYTES = 1_000_000
/** The bulk data takes five seconds to arrive, and an answer queued behind it takes as long. */
const BYTES_PER_SECOND = 200_000
const SHORT_MS = 200

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startPeer(listen: string[]): Promise<Peer> {
  const privateKey = await generateKeyPair('Ed25519')
  const peer = await Peer.create({ privateKey, listen, transports: [tcp()], queueTask: setImmediate })
  cleanups.push(() => peer.stop())
  return peer
}

/** Two peers, and a connection between them over a proxy. */
async function connect(): Promise<{ near: Peer; far: Peer; connection: Connection; proxy: TcpProxy }> {
  const [near, far] = [await startPeer([]), await startPeer(['/ip4/127.0.0.1/tcp/0'])]
  const port = Number(far.addresses[0]?.split('/')[4])
  const proxy = await startTcpProxy(port)
  cleanups.push(() => proxy.close())
  const connection = await near.libp2p.dial(multiaddr(`/ip4/127.0.0.1/tcp/${proxy.port}/p2p/${far.id}`))
  await until('identify to finish', () => connection.streams.length === 0)
  return { near, far, connection, proxy }
}

const never = new AbortController().signal

test('a slow link that cannot answer in time counts as alive while bytes arrive, and as dead when none do', async () => {
  const { near, far, connection, proxy } = await connect()
  await far.libp2p.handle(BULK, (stream) => void stream.send(new Uint8Array(BULK_BYTES)))
  proxy.slow(BYTES_PER_SECOND)
  const received = collect(await connection.newStream(BULK))
  await until('the first bytes', () => received.bytes().byteLength > 0)
  expect(await near.isAlive(connection, SHORT_MS, never)).toBe(true)
  expect(received.bytes().byteLength).toBeLessThan(BULK_BYTES)
  proxy.cut()
  await until('what had passed', async () => !(await near.isAlive(connection, SHORT_MS, never)))
})

test('a link whose answer could not be read because this process was suspended counts as alive', async () => {
  const { near, connection } = await connect()
  const alive = near.isAlive(connection, SHORT_MS, never)
  // As after SIGSTOP and SIGCONT: nothing runs meanwhile, and then the timeout is handled first.
  const waitUntilMs = performance.now() + SHORT_MS + 1_100
  while (performance.now() < waitUntilMs);
  expect(await alive).toBe(true)
})

test.each<[boolean, string, Progress, Progress]>([
  [false, 'nothing has changed', progress(5, 5, 0), progress(5, 5, 0)],
  [true, 'a byte arrived', progress(5, 5, 0), progress(6, 5, 0)],
  [false, 'the system accepted bytes that did not have to wait', progress(5, 5, 0), progress(5, 90_000, 0)],
  [false, 'a queue has only grown', progress(5, 5, 10), progress(5, 5, 90_000)],
  [false, 'nothing but a ping has left a queue', progress(5, 5, 10), progress(5, 500, 10)],
  [true, 'a queue is shrinking', progress(5, 5, 90_000), progress(5, 80_000, 10_000)],
])('a connection counts as moving: %s, when %s', (isMoving, _, before, after) => {
  expect(hasMoved(before, after)).toBe(isMoving)
})

function progress(receivedBytes: number, sentBytes: number, queuedBytes: number): Progress {
  return { receivedBytes, sentBytes, queuedBytes }
}

test('a connection that died without notice is closed, and a quiet one is kept', async () => {
  const { near, connection, proxy } = await connect()
  const quiet = await connect()
  const lines: string[] = []
  const times = { lookMs: 50, answerMs: SHORT_MS }
  for (const peer of [near, quiet.near]) {
    const monitor = new ConnectionMonitor(peer, (_, line) => void lines.push(line), times)
    cleanups.push(async () => monitor.stop())
  }
  proxy.cut()
  await until('the end', () => connection.status !== 'open')
  expect(lines).toEqual([
    `the connection over ${connection.remoteAddr.toString()} is dead: nothing came for ${SHORT_MS} ms`,
  ])
  expect(quiet.connection.status).toBe('open')
})
