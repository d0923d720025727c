import '../../support/polyfill.ts'
import type { Libp2p } from '@libp2p/interface'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type * as client from '../../../src/client/index.ts'
import { BROWSERS } from '../../support/browsers.ts'
import { startChromium } from '../../support/chromium.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { FloodStream } from '../../support/frame-flood.ts'
import { FLOOD_BYTES, FLOOD_ORDERS, FLOOD_STREAMS, flood } from '../../support/frame-flood.ts'
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
const ROUND_TRIPS = 20

let files: Awaited<ReturnType<typeof makeLab>>
let node: NodeBuild
let honest: Libp2p
let flooder: Libp2p
let floodStreams: FloodStream[] = []

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

/** Dials a peer that echoes, and makes so many round trips. */
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

describe.each(BROWSERS)('a page in $name', ({ start }) => {
  let browser: TestBrowser
  beforeAll(async () => {
    browser = await start()
  })
  afterAll(async () => {
    await browser?.close()
  })

  test('reaches a peer that sends its first message in the packet that opens the WebSocket', async () => {
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

  test.each(FLOOD_ORDERS)(
    'reaches one peer while another sends it 7.8 MB in frames of one byte, its streams %s',
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
                // `closed` reports how it ended.
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
      flood(floodStreams, order)
      const heard = await echo(far, honest.peerId.toString(), webSocketAddresses(honest), ROUND_TRIPS)
      expect(heard).toEqual(ALL_ROUNDS)
      const outcome = await until('all bytes, or the end of the flood', async () => {
        const { bytes, ends } = (await near.evaluate(() => lab)) as { bytes: number; ends: string[] }
        return (bytes === FLOOD_BYTES || ends.length === FLOOD_STREAMS) && { bytes, ends }
      })
      // Frames that are cheap to read are read. Others may cost the sender its connection. The page's own
      // socket stays open.
      if (order === 'in a row') expect(outcome).toEqual({ bytes: FLOOD_BYTES, ends: [] })
      else for (const end of outcome.ends) expect(end).toMatch(/^connection lost: /)
      expect(await echo(near, honest.peerId.toString(), webSocketAddresses(honest), 1)).toEqual(['round 0'])
      await near.close()
      await far.close()
    },
  )
})

test('a page reaches a peer that sends its first message in the packet that opens the WebSocket over TLS', async () => {
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
