import '../../support/polyfill.ts'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../support/bundle.ts'
import { BROWSERS } from '../../support/browsers.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { Site } from '../../support/site.ts'
import { serveSite } from '../../support/site.ts'
import type * as rtcType from '../../../src/rtc/index.ts'
import type { Request, Seen } from './libp2p-worker.ts'

declare const rtc: typeof rtcType

declare global {
  /** The worker's port, in the page. */
  var workerPort: MessagePort
}

let site: Site
let relay: Libp2p
const browsers = new Map<string, TestBrowser>()

beforeAll(async () => {
  const [page, worker, pump] = await Promise.all([
    bundle('src/rtc/index.ts', 'rtc'),
    bundle('test/browser/rtc/libp2p-worker.ts'),
    bundle('src/rtc/pump/pump-worker.ts'),
  ])
  site = await serveSite({
    '/index.html':
      '<!doctype html><title>libp2p</title><link rel="icon" href="data:,"><script src="/page.js"></script>',
    '/page.js': page,
    '/worker.js': worker,
    '/rtc-pump.js': pump,
  })
  relay = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), relay: circuitRelayServer() },
  })
  for (const { name, start } of BROWSERS) browsers.set(name, await start())
})

afterAll(async () => {
  for (const browser of browsers.values()) await browser.close()
  await relay?.stop()
  await site?.close()
})

/** A page that lends its WebRTC to the worker, and through which the test talks to it. */
async function lendingPage(browser: string): Promise<Page> {
  const opened = await browsers.get(browser)?.open(`${site.origin}/index.html`)
  if (opened === undefined) throw new Error(`${browser} does not run`)
  await opened.page.evaluate(async () => {
    const { port1, port2 } = new MessageChannel()
    rtc.lendWebRTC(port1, { pump: '/rtc-pump.js' })
    globalThis.workerPort = new SharedWorker('/worker.js').port
    await new Promise((resolve) => {
      workerPort.onmessage = resolve
      workerPort.postMessage({ type: 'lend', port: port2 }, [port2])
    })
  })
  return opened.page
}

async function ask(page: Page, request: Request): Promise<unknown> {
  const { result, error } = await page.evaluate(
    async (request) =>
      new Promise<{ result?: unknown; error?: string }>((resolve) => {
        workerPort.onmessage = ({ data }: MessageEvent<{ result?: unknown; error?: string }>) => resolve(data)
        workerPort.postMessage(request)
      }),
    request,
  )
  if (error !== undefined) throw new Error(error)
  return result
}

const PAIRS = BROWSERS.flatMap((one) => BROWSERS.map((two) => [one.name, two.name] as const))

test.each(PAIRS)(
  '@libp2p/webrtc runs unchanged in SharedWorkers, from %s to %s, byte for byte in both directions',
  async (from, to) => {
    const dialing = await lendingPage(from)
    const listening = from === to ? dialing : await lendingPage(to)
    const [address] = relay.getMultiaddrs()
    const target = (await ask(listening, { type: 'listen', relay: String(address) })) as string
    const { peer, seen } = (await ask(dialing, { type: 'dial', address: target })) as {
      peer: string
      seen: Seen
    }
    const whole: Seen = { multiplexer: '/webrtc', limited: false, isWhole: true }
    expect(seen).toEqual(whole)
    expect(await ask(listening, { type: 'dial back', peer })).toEqual(whole)
    for (const page of new Set([dialing, listening])) {
      expect(await ask(page, { type: 'stop' })).toBe(0)
      await page.close()
    }
  },
)
