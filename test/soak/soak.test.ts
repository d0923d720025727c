import '../support/polyfill.ts'
import { afterAll, expect, test } from 'vitest'
import type { Chromium } from '../support/chromium.ts'
import { startChromium } from '../support/chromium.ts'
import { serveLab } from '../support/lab-site.ts'
import { RelayProcess } from '../support/relay-process.ts'
import { until } from '../support/until.ts'
import { BrowserPeer } from './browser-peer.ts'
import { randomNumbers } from './content.ts'
import { Faults } from './faults.ts'
import { Ledger } from './ledger.ts'
import { Prober } from './prober.ts'
import { Traffic } from './traffic.ts'

/*
 * Three browsers and five relays, with random faults of every kind that they can have: see
 * `docs/architecture.md`. `npm run soak -- MINUTES [SEED]` runs it. `npm test` runs a small version for some
 * seconds, so that it keeps working.
 */

const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 0)
const SEED = Number(process.env['SOAK_SEED'] ?? (MINUTES > 0 ? Date.now() % 1_000_000 : 1))
const BROWSERS = MINUTES > 0 ? 3 : 2
const RELAYS = MINUTES > 0 ? 5 : 3
/** Milliseconds of faults; the small version has a few of them. */
const LASTS_MS = MINUTES > 0 ? MINUTES * 60_000 : 8_000
/**
 * The longest time in milliseconds that a browser should be unreachable; the report marks a longer one. Both
 * of its relays may have been cut, which is noticed within 30 s, and the rest takes ten more seconds. On top
 * comes the time in which the prober finds it again.
 */
const EXPECTED_UNREACHABLE_MS = 60_000

const cleanups: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

test(
  'browsers stay reachable and every byte is correct, whatever happens to tabs, relays, networks and clocks',
  { timeout: LASTS_MS + 300_000 },
  async () => {
    const startedMs = performance.now()
    const say = (line: string): void => {
      if (MINUTES > 0)
        console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${line}`)
    }
    console.log(
      `soak: seed ${SEED}, ${Math.round(LASTS_MS / 1000)} s, ${BROWSERS} browsers, ${RELAYS} relays`,
    )
    const random = randomNumbers(SEED)

    const relays: RelayProcess[] = []
    for (let count = 0; count < RELAYS; count += 1) {
      const relay = await RelayProcess.make()
      cleanups.push(() => relay.close())
      relays.push(relay)
    }
    const flagsOf = (relay: RelayProcess): string[] =>
      relays.flatMap((other) => (other === relay || other.peer === '' ? [] : ['-peer', other.address]))
    for (const relay of relays) await relay.start(flagsOf(relay))
    const addresses = relays.map(({ address }) => address)
    const site = await serveLab('test/soak/page-entry.ts', 'soak', {
      relays: addresses,
      bootstrap: addresses,
      iceServers: [],
    })
    cleanups.push(() => site.close())
    // The last one already has a key, and is started late.
    const late = relays.at(-1)
    await late?.stop()

    const chromium: Chromium = await startChromium()
    cleanups.push(() => chromium.close())
    const ledger = new Ledger()
    const browsers: BrowserPeer[] = []
    for (let count = 1; count <= BROWSERS; count += 1) {
      const browser = await BrowserPeer.start(`browser ${count}`, chromium, site.origin, (told) =>
        ledger.note(told, (id) => browsers.some(({ orphans }) => orphans.has(id))),
      )
      browsers.push(browser)
      say(`${browser.name} is ${browser.peer}`)
    }
    const prober = await Prober.start(relays)
    for (const { peer } of browsers) prober.watch(peer)

    const over = new AbortController()
    const faults = new Faults({ relays, browsers, random, flagsOf, say, signal: over.signal })
    if (late !== undefined) faults.startLate(late)
    const traffic = new Traffic({ browsers, ledger, seed: SEED, signal: over.signal, pauseMs: 20 })
    const running = [faults.run(), traffic.run()]
    const timer = setTimeout(() => over.abort(), LASTS_MS)
    cleanups.push(async () => clearTimeout(timer))
    if (MINUTES > 0) running.push(tellHeld(browsers, relays, say, over.signal))
    await Promise.all(running)

    say('all faults are over: each browser sends to each other')
    for (const from of browsers) {
      for (const to of browsers.filter((other) => other !== from)) {
        await until(
          `a transfer from ${from.name} to ${to.name}`,
          async () => await traffic.send(from, to, 65_536),
          60_000,
        )
      }
    }
    for (const { name, peer } of browsers) {
      const before = prober.answers.get(peer) ?? 0
      await until(`${name} to answer through a relay`, () => (prober.answers.get(peer) ?? 0) > before)
    }
    await prober.stop()

    for (const [kind, count] of faults.counts) say(`${count} × ${kind}`)
    for (const [reason, count] of ledger.failures) say(`${count} × a transfer failed, ${reason}`)
    console.log(
      `soak: ${ledger.acknowledged} of ${ledger.size} transfers done, ${ledger.comparedHashes} hashes over ` +
        `${(ledger.comparedBytes / 1e6).toFixed(1)} MB compared, ${ledger.mismatches.length} wrong`,
    )
    for (const { name, peer } of browsers) {
      const gap = prober.gaps.get(peer)
      const at = (((gap?.fromMs ?? startedMs) - startedMs) / 1000).toFixed(1)
      console.log(
        `soak: ${name} answered ${prober.answers.get(peer) ?? 0} times; it was not reachable for ` +
          `${((gap?.ms ?? 0) / 1000).toFixed(1)} s at the longest, from ${at} s on` +
          (gap !== undefined && gap.ms > EXPECTED_UNREACHABLE_MS ? ': LONGER THAN EXPECTED' : ''),
      )
      for (const [why, count] of gap?.failures ?? []) say(`${count} × ${why}`)
    }
    expect(ledger.mismatches).toEqual([])
  },
)

/** Logs which relays each browser holds reservations on, by their numbers, whenever that changes. */
async function tellHeld(
  browsers: BrowserPeer[],
  relays: RelayProcess[],
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const said = new Map<BrowserPeer, string>()
  const numberOf = (relay: string): number => relays.findIndex(({ peer }) => peer === relay) + 1
  while (!signal.aborted) {
    for (const browser of browsers) {
      const known = await browser.readyTabs[0]?.page.evaluate(() => soak.relays()).catch(() => undefined)
      if (known === undefined) continue
      const held = known.flatMap(({ relay, isHeld }) => (isHeld ? [numberOf(relay)] : [])).join(' and ')
      const others = known.filter(({ isHeld, lastError }) => !isHeld && lastError !== '')
      const words = others.map(({ relay, lastError }) => `${numberOf(relay)}: ${lastError}`).join('; ')
      if (said.get(browser) !== held) say(`${browser.name} holds ${held || 'none'}; ${words.slice(0, 400)}`)
      said.set(browser, held)
    }
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}
