import '../../../support/polyfill.ts'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundle } from '../../../support/bundle.ts'
import type { Chromium } from '../../../support/chromium.ts'
import { startChromium } from '../../../support/chromium.ts'
import type { Site } from '../../../support/site.ts'
import { serveSite } from '../../../support/site.ts'
import { until } from '../../../support/until.ts'
import type { compliance as complianceType } from './page.ts'
import type { CaseResult } from './run.ts'

declare const rtc: { compliance: typeof complianceType }

/** The cases of the suite, by mocha's full titles. */
const CASES = [
  'transport events emits listening',
  'transport events emits close',
  'interface-transport simple',
  'interface-transport should listen on multiple addresses',
  'interface-transport can close connections',
  'interface-transport abort before dialing throws AbortError',
  'interface-transport should close all streams when the connection closes',
  'interface-transport should not handle connection if upgradeInbound rejects',
  'interface-transport should omit peer id in listening addresses',
  'interface-transport should handle one small write',
  'interface-transport should handle one big write',
  'interface-transport should handle many small writes',
  'interface-transport can close local stream while a remote stream is writing',
  'interface-transport can close local stream for writing while a remote stream is reading',
  'interface-transport can close a stream for writing but receive a large amount of data',
]

/**
 * The timeout of one case in milliseconds. A case opens thousands of streams, or sends ten megabytes there
 * and back, while the machine may be busy.
 */
const CASE_TIMEOUT_MS = 120_000

let site: Site
let relays: Libp2p[]
let chromium: Chromium

type Run = Awaited<ReturnType<Chromium['open']>>
const runs = new Map<string, Run>()

function fail(begin: string): never {
  throw new Error(`${begin} was not called`)
}

beforeAll(async () => {
  const alias = { 'aegir/chai': resolve('test/browser/rtc/compliance/chai.ts') }
  const [mocha, page, worker, pump] = await Promise.all([
    readFile('node_modules/mocha/mocha.js', 'utf8'),
    bundle('test/browser/rtc/compliance/page.ts', 'rtc', alias),
    bundle('test/browser/rtc/compliance/worker.ts', undefined, alias),
    bundle('src/rtc/pump/pump-worker.ts'),
  ])
  site = await serveSite({
    '/index.html':
      '<!doctype html><title>compliance</title><link rel="icon" href="data:,"><div id="mocha"></div><script src="/mocha.js"></script><script src="/page.js"></script>',
    '/mocha.js': mocha,
    '/page.js': page,
    '/worker.js': `importScripts('/mocha.js');\n${worker}`,
    '/rtc-pump.js': pump,
  })
  relays = await Promise.all([startRelay(), startRelay()])
  chromium = await startChromium()
  // Both at the same time, because most of it is waiting.
  const addresses = relays.map((relay) => String(relay.getMultiaddrs()[0]))
  for (const [, begin] of RUNS) {
    const run = await chromium.open(`${site.origin}/index.html`)
    runs.set(begin, run)
    await run.page.evaluate((begin, addresses) => rtc.compliance[begin](addresses), begin, addresses)
  }
})

afterAll(async () => {
  await chromium?.close()
  for (const relay of relays ?? []) await relay.stop()
  await site?.close()
})

async function startRelay(): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // All peers of both runs are on one host. By default five of its connections are accepted per second, and
    // the others are cut off.
    connectionManager: { inboundConnectionThreshold: Infinity, maxIncomingPendingConnections: 100 },
    services: {
      identify: identify(),
      relay: circuitRelayServer({ reservations: { maxReservations: 1000 } }),
    },
  })
}

const RUNS = [
  ['over the browser’s own classes in a page', 'beginHere'],
  ['over borrowed connections in a SharedWorker', 'beginInWorker'],
] as const

describe.each(RUNS)('js-libp2p’s compliance suite for transports %s', (_, begin) => {
  const run = (): Run => runs.get(begin) ?? fail(begin)

  afterAll(async () => {
    for (const { title, retries } of await results()) {
      for (const retry of retries) console.log(`${begin}: "${title}" was restarted: ${retry}`)
    }
    await run().page.close()
  })

  const results = async (): Promise<CaseResult[]> => run().page.evaluate(() => rtc.compliance.results)

  test.each(CASES)('%s', async (title) => {
    const ended = await until(
      `the end of the case "${title}"`,
      async () => (await results()).find((one) => one.title === title),
      CASE_TIMEOUT_MS,
    )
    expect(ended.result).toBe('passed')
  })

  test('the suite has no other case, and no hook failed', async () => {
    await until('the end of the suite', () => run().page.evaluate(() => rtc.compliance.isOver))
    expect((await results()).map(({ title }) => title)).toEqual(CASES)
    expect(run().lines).toEqual([])
  })
})
