import '../../support/polyfill.ts'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../support/bundle.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { Site } from '../../support/site.ts'
import { serveSite } from '../../support/site.ts'
import type * as rtcType from '../../../src/rtc/index.ts'

declare const rtc: typeof rtcType

let site: Site
let chromium: Chromium
let relay: Libp2p

beforeAll(async () => {
  const [page, worker, pump] = await Promise.all([
    bundle('src/rtc/index.ts', 'rtc'),
    bundle('test/browser/rtc/libp2p-worker.ts'),
    bundle('src/rtc/pump-worker.ts'),
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
  chromium = await startChromium()
})

afterAll(async () => {
  await chromium?.close()
  await relay?.stop()
  await site?.close()
})

test('@libp2p/webrtc runs unchanged in a SharedWorker over borrowed connections, byte for byte both ways', async () => {
  const { page } = await chromium.open(`${site.origin}/index.html`)
  const result: unknown = await page.evaluate(async (relay) => {
    const { port } = new SharedWorker('/worker.js')
    const { port1, port2 } = new MessageChannel()
    rtc.lendWebRTC(port1, { pump: '/rtc-pump.js' })
    return new Promise((resolve) => {
      port.onmessage = ({ data }: MessageEvent<unknown>) => resolve(data)
      port.postMessage({ relay, lend: port2 }, [port2])
    })
  }, String(relay.getMultiaddrs()[0]))
  expect(result).toEqual({ multiplexer: '/webrtc', limited: false, there: true, back: true, ignored: 0 })
})
