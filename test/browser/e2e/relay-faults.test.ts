import '../../support/polyfill.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { BrowserPeer } from '../../soak/browser-peer.ts'
import { Prober } from '../../soak/prober.ts'
import type { RelayStatus } from '../../../src/status/index.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { LabSite } from '../../support/lab-site.ts'
import { serveLab } from '../../support/lab-site.ts'
import { RelayProcess } from '../../support/relay-process.ts'
import { until } from '../../support/until.ts'

/*
 * A browser and its relay, which is a process of its own behind a proxy. Slow faults and combinations of
 * faults belong to the soak.
 */

/**
 * The timeout of each wait in milliseconds: a busy machine is not an error. The promised time is printed
 * beside the measured one.
 */
const TIMEOUT_MS = 60_000

let chromium: Chromium
beforeAll(async () => {
  chromium = await startChromium()
})
afterAll(async () => {
  await chromium?.close()
})

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function makeRelay(): Promise<RelayProcess> {
  const relay = await RelayProcess.make()
  cleanups.push(() => relay.close())
  await relay.start()
  return relay
}

async function serve(relay: RelayProcess): Promise<LabSite> {
  const site = await serveLab('test/soak/page-entry.ts', 'soak', { relays: [relay.address], iceServers: [] })
  cleanups.push(() => site.close())
  return site
}

async function open(site: LabSite): Promise<BrowserPeer> {
  const browser = await BrowserPeer.start('browser', chromium, site.origin, () => undefined)
  cleanups.push(() => browser.close())
  return browser
}

const statusOf = (browser: BrowserPeer): Promise<RelayStatus> =>
  browser.readyTabs[0]?.page.evaluate(() => soak.status()) ?? Promise.reject(new Error('there is no tab'))

const stateOf = async (browser: BrowserPeer): Promise<string | undefined> =>
  (await statusOf(browser)).peer?.relays[0]?.state.kind

const isHeld = async (browser: BrowserPeer): Promise<boolean> => (await stateOf(browser)) === 'held'

/** Waits, and logs for how long. */
async function timed(what: string, promisedMs: number, check: () => Promise<boolean>): Promise<void> {
  const startedMs = performance.now()
  await until(what, check, TIMEOUT_MS)
  console.log(`${what} after ${Math.round(performance.now() - startedMs)} ms, of ${promisedMs}`)
}

async function proberOf(relay: RelayProcess): Promise<Prober> {
  const prober = await Prober.start([relay])
  cleanups.push(() => prober.stop())
  return prober
}

describe('a relay', () => {
  test('that is restarted with its key serves again', async () => {
    const relay = await makeRelay()
    const browser = await open(await serve(relay))
    await until('the reservation', () => isHeld(browser), TIMEOUT_MS)
    await relay.stop('SIGKILL')
    await until('the loss', async () => !(await isHeld(browser)), TIMEOUT_MS)
    expect((await statusOf(browser)).peer).toMatchObject({ public: false })
    await relay.start()
    await timed('served after a restart', 15_000, () => isHeld(browser))
  })

  test('that is down at the start delays nothing, and serves once it is up', async () => {
    const relay = await makeRelay()
    await relay.stop()
    const browser = await open(await serve(relay))
    const { addresses, isPublic } = await browser.identity()
    expect({ addresses, isPublic }).toEqual({ addresses: [], isPublic: false })
    await relay.start()
    await timed('served by a late relay', 15_000, () => isHeld(browser))
    await until('the page to learn it', async () => (await browser.identity()).isPublic, TIMEOUT_MS)
  })

  test('that is full says so, and serves the next peer as soon as one leaves', async () => {
    const relay = await makeRelay()
    await relay.stop()
    await relay.start(['-relayreservations', '1'])
    const site = await serve(relay)
    const first = await open(site)
    await until('the only reservation', () => isHeld(first), TIMEOUT_MS)
    const second = await open(site)
    const refused = await until(
      'the refusal',
      async () => (await statusOf(second)).peer?.relays[0]?.lastError,
      TIMEOUT_MS,
    )
    expect(refused).toMatchObject({ kind: 'full', message: 'it refused: it has no reservation left' })
    await first.close()
    await timed('served after another has left', 15_000, () => isHeld(second))
  })

  test('whose network path is cut without notice to either side is found out, and serves again', async () => {
    const relay = await makeRelay()
    const browser = await open(await serve(relay))
    const prober = await proberOf(relay)
    await until('the reservation', () => isHeld(browser), TIMEOUT_MS)
    relay.proxy.cut()
    await timed('noticed the cut', 30_000, async () => !(await isHeld(browser)))
    relay.proxy.restore()
    await timed('served after the cut', 10_000, () => isHeld(browser))
    await until(
      'an answer over the relay',
      async () => (await prober.reach(0, browser.peer)) === 0,
      TIMEOUT_MS,
    )
  })

  test("serves even if the browser's clock or its own is wrong by an hour", async () => {
    const relay = await makeRelay()
    const browser = await open(await serve(relay))
    const prober = await proberOf(relay)
    await until('the reservation', () => isHeld(browser), TIMEOUT_MS)
    // An hour ahead, then back to normal, then an hour behind: the reservation's end is in the past, then
    // right, then far in the future.
    for (const byMs of [3_600_000, -3_600_000, -3_600_000]) {
      await browser.jumpClockBy(byMs)
      await relay.stop()
      await until('the loss', async () => !(await isHeld(browser)), TIMEOUT_MS)
      await relay.start()
      await until(`the reservation, ${byMs} ms later`, () => isHeld(browser), TIMEOUT_MS)
      await until(
        'an answer over the relay',
        async () => (await prober.reach(0, browser.peer)) === 0,
        TIMEOUT_MS,
      )
    }
  })
})

test('a mistake in /network.json is logged once in each tab, and the rest of the file is used', async () => {
  const relay = await makeRelay()
  const site = await serve(relay)
  site.files['/network.json'] = JSON.stringify({
    relays: ['nonsense', relay.address],
    bootstrap: 7,
    delegatedRouting: ['not a URL'],
  })
  const browser = await open(site)
  await until('the reservation', () => isHeld(browser), TIMEOUT_MS)
  const { network } = await statusOf(browser)
  expect(network).toMatchObject({ state: 'flawed' })
  expect(network.problems).toHaveLength(3)
  const said = browser.lines.filter((line) => line.includes('/network.json'))
  expect(said).toHaveLength(browser.readyTabs.length)
})

test.each([
  ['is missing', undefined, 'missing'],
  ['is not JSON', '<!doctype html>', 'not-json'],
] as const)(
  'a peer with a /network.json that %s can still be given an address to reach',
  async (_, text, state) => {
    const relay = await makeRelay()
    const site = await serve(relay)
    if (text === undefined) delete site.files['/network.json']
    else site.files['/network.json'] = text
    const browser = await open(site)
    const { network, peer } = await statusOf(browser)
    expect(network.state).toBe(state)
    expect(peer?.relays).toEqual([])
    // The peer itself can be dialled with a full address: here, the relay's own.
    await browser.ping(relay.peer, [relay.address])
  },
)
