import '../../support/polyfill.ts'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type * as client from '../../../src/client/index.ts'
import { BROWSERS } from '../../support/browsers.ts'
import { startChromium } from '../../support/chromium.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { HastyServer } from '../../support/hasty-server.ts'
import { startHastyServer } from '../../support/hasty-server.ts'
import { connectLab, makeLab } from '../../support/lab-page.ts'
import { loopbackCertificate } from '../../support/loopback-certificate.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { startReferencePeer } from '../../support/peers.ts'
import { until } from '../../support/until.ts'

const ECHO = '/x/echo'
const FLOOD = '/x/flood'
/** Streams that a flood comes on: on each of them it stays within the window that yamux gives at first. */
const FLOOD_STREAMS = 3
const FLOOD_BYTES_PER_STREAM = 200_000
const ROUND_TRIPS = 20

let files: Awaited<ReturnType<typeof makeLab>>
let node: NodeBuild
let honest: Libp2p
let flooder: Libp2p
let floodStreams: { stream: Stream; connection: Connection }[] = []

beforeAll(async () => {
  files = await makeLab()
  node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
  const listen = { listen: ['/ip4/127.0.0.1/tcp/0/ws'], webSockets: true }
  honest = await startReferencePeer(listen)
  await honest.handle(ECHO, (stream) => {
    stream.addEventListener('message', ({ data }) => stream.send(data))
  })
  flooder = await startReferencePeer(listen)
  await flooder.handle(FLOOD, (stream, connection) => void floodStreams.push({ stream, connection }))
})

afterAll(async () => {
  await honest?.stop()
  await flooder?.stop()
  await node?.stop()
  await files?.remove()
})

async function openLab(browser: TestBrowser): Promise<Page> {
  const { page } = await browser.open(`${node.origin}/lab.html`)
  await connectLab(page)
  return page
}

const webSocketAddresses = (peer: Libp2p): string[] =>
  peer
    .getMultiaddrs()
    .map((address) => address.toString())
    .filter((address) => address.includes('/ws'))

/** Dials a peer that echoes, and takes so many round trips. */
async function echo(page: Page, peer: string, addrs: string[], rounds: number): Promise<string[]> {
  return await page.evaluate(
    async (peer, addrs, protocol, rounds) => {
      const connection = await (lab['client'] as client.Client).dial({ peer, addrs }, protocol, {
        frames: false,
      })
      const heard: string[] = []
      const incoming = connection[Symbol.asyncIterator]()
      for (let round = 0; round < rounds; round++) {
        connection.send(new TextEncoder().encode(`round ${round}`))
        const { value } = await incoming.next()
        heard.push(new TextDecoder().decode(value))
      }
      connection.close()
      return heard
    },
    peer,
    addrs,
    ECHO,
    rounds,
  )
}

const ALL_ROUNDS = Array.from({ length: ROUND_TRIPS }, (_, round) => `round ${round}`)

/**
 * Writes yamux frames of one byte each, by hand: all of one stream and then all of the next, or one of each
 * in turn.
 */
function flood(order: 'in a row' | 'in turn'): void {
  const ids = floodStreams.map(({ stream }) => Number(stream.id))
  const frames = (id: number): Buffer => {
    const header = Buffer.alloc(13)
    header.writeUInt32BE(id, 4)
    header.writeUInt32BE(1, 8)
    return header
  }
  const [first] = floodStreams
  if (first === undefined) throw new Error('there are no streams to flood')
  const { muxer } = first.connection as unknown as {
    muxer: { maConn: { send(data: Uint8Array): boolean; status: string } }
  }
  const PER_PACKET = 1_000
  const packets =
    order === 'in turn'
      ? [Buffer.concat(Array.from({ length: PER_PACKET }, () => Buffer.concat(ids.map(frames))))]
      : ids.map((id) => Buffer.concat(Array.from({ length: PER_PACKET }, () => frames(id))))
  for (const packet of packets) {
    for (let sent = 0; sent < FLOOD_BYTES_PER_STREAM && muxer.maConn.status === 'open'; sent += PER_PACKET)
      muxer.maConn.send(Uint8Array.from(packet))
  }
}

describe.each(BROWSERS)('a page in $name', ({ start }) => {
  let browser: TestBrowser
  beforeAll(async () => {
    browser = await start()
  })
  afterAll(async () => {
    await browser?.close()
  })

  test('reaches a peer that speaks in the packet that opens the WebSocket', async () => {
    const [backend] = webSocketAddresses(honest)
    const server = await startHastyServer(multiaddrToUri(backend ?? ''))
    try {
      const page = await openLab(browser)
      const addrs = [`/ip4/127.0.0.1/tcp/${server.port}/ws`]
      expect(await echo(page, honest.peerId.toString(), addrs, ROUND_TRIPS)).toEqual(ALL_ROUNDS)
      expect(server.opened).toBe(1)
    } finally {
      await server.close()
    }
  })

  test.each(['in a row', 'in turn'] as const)(
    'reaches another peer while one sends it 7.8 MB in frames of one byte, those of its streams %s',
    async (order) => {
      const near = await openLab(browser)
      const far = await openLab(browser)
      floodStreams = []
      await near.evaluate(
        async (peer, addrs, protocol, count) => {
          const connected = lab['client'] as client.Client
          lab['bytes'] = 0
          lab['ends'] = []
          for (let index = 0; index < count; index++) {
            const connection = await connected.dial({ peer, addrs }, protocol, { frames: false })
            void (async () => {
              try {
                for await (const { byteLength } of connection)
                  lab['bytes'] = Number(lab['bytes']) + byteLength
              } catch {
                // How it ended says `closed`.
              }
              ;(lab['ends'] as string[]).push((await connection.closed).reason)
            })()
          }
        },
        flooder.peerId.toString(),
        webSocketAddresses(flooder),
        FLOOD,
        FLOOD_STREAMS,
      )
      await until('the streams', () => floodStreams.length === FLOOD_STREAMS)
      flood(order)
      const heard = await echo(far, honest.peerId.toString(), webSocketAddresses(honest), ROUND_TRIPS)
      expect(heard).toEqual(ALL_ROUNDS)
      const total = FLOOD_STREAMS * FLOOD_BYTES_PER_STREAM
      const outcome = await until('all bytes, or the end of the flood', async () => {
        const { bytes, ends } = (await near.evaluate(() => lab)) as { bytes: number; ends: string[] }
        return (bytes === total || ends.length === FLOOD_STREAMS) && { bytes, ends }
      })
      // What is cheap to read is read; what is not may cost its sender the connection. The page's own socket
      // stays.
      if (order === 'in a row') expect(outcome).toEqual({ bytes: total, ends: [] })
      else for (const end of outcome.ends) expect(end).toMatch(/^connection lost: /)
      expect(await echo(near, honest.peerId.toString(), webSocketAddresses(honest), 1)).toEqual(['round 0'])
      await near.close()
      await far.close()
    },
  )
})

test('a page reaches a peer that speaks in the packet that opens the WebSocket over TLS', async () => {
  const certificate = await loopbackCertificate()
  const [backend] = webSocketAddresses(honest)
  const server: HastyServer = await startHastyServer(multiaddrToUri(backend ?? ''), certificate)
  const chromium = await startChromium(`--ignore-certificate-errors-spki-list=${certificate.spki}`)
  try {
    const page = await openLab(chromium)
    const addrs = [`/ip4/127.0.0.1/tcp/${server.port}/tls/ws`]
    expect(await echo(page, honest.peerId.toString(), addrs, ROUND_TRIPS)).toEqual(ALL_ROUNDS)
    expect(server.opened).toBe(1)
  } finally {
    await chromium.close()
    await server.close()
  }
})
