import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { randomNumbers } from '../soak/content.ts'
import { startChromium } from '../support/chromium.ts'
import { startFirefox } from '../support/firefox.ts'
import { isInstalled } from '../support/installed-browsers.js'
import type { LabSite } from '../support/lab-site.ts'
import { serveLab } from '../support/lab-site.ts'
import { LOCAL_MODE, startNodeBuild } from '../support/node-build.ts'
import { RelayProcess } from '../support/relay-process.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import type { TestBrowser } from '../support/chromium.ts'
import type { Going } from './churn-peer.ts'
import { ChurnPeer } from './churn-peer.ts'
import { ChurnRun, PROTOCOL } from './churn-run.ts'

/*
 * One connection in each direction between a Chromium and another peer, while what carries them is removed
 * again and again: the lending tab, its WebRTC connection, the last tab that lends, the circuit relay, the
 * network path. Neither connection may end, and every byte must arrive. Meanwhile further connections are
 * opened. `npm run churn -- MINUTES [SEED] [PEER] [MEGABYTES]` runs it. `npm test` runs it for some seconds
 * with each peer, so that it keeps working.
 */

const MINUTES = Number(process.env['CHURN_MINUTES'] ?? 0)
const SEED = Number(process.env['CHURN_SEED'] ?? (MINUTES > 0 ? Date.now() % 1_000_000 : 1))
const LASTS_MS = MINUTES > 0 ? MINUTES * 60_000 : 8_000
/** Of each transfer. The default is 100 MB for each minute, which is 1 GB in ten minutes. */
const BYTES = Math.ceil(Number(process.env['CHURN_MEGABYTES'] ?? LASTS_MS / 600) * 1_000_000)
const isChosen = (peer: string): boolean => (process.env['CHURN_PEER'] ?? peer) === peer
/** Circuit relays that both browsers use. */
const RELAYS = 2
/** Tabs that lend to one peer at a time. */
const LENDERS = 2
/** Milliseconds between two losses: at least, and the part that the seed decides. */
const PAUSE_MS = 200
const MORE_PAUSE_MS = 500

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function startRelays(): Promise<RelayProcess[]> {
  const relays: RelayProcess[] = []
  for (let count = 0; count < RELAYS; count += 1) {
    const relay = await RelayProcess.make()
    cleanups.push(() => relay.close())
    await relay.start()
    relays.push(relay)
  }
  return relays
}

async function serve(relays: readonly RelayProcess[]): Promise<LabSite> {
  const site = await serveLab('test/churn/page-entry.ts', 'churn', {
    relays: relays.map(({ address }) => address),
    iceServers: [],
  })
  cleanups.push(() => site.close())
  const page = site.files['/lab.html'] ?? ''
  site.files['/home.html'] = page.replace(
    '<head>',
    '<head><script>delete globalThis.RTCPeerConnection</script>',
  )
  site.files['/bare.html'] = '<!doctype html>'
  return site
}

async function started(browser: Promise<TestBrowser>): Promise<TestBrowser> {
  const one = await browser
  cleanups.push(() => one.close())
  return one
}

async function chromiumPeer(site: LabSite): Promise<ChurnPeer> {
  // One process for each tab, so that a crash takes no other tab and no worker with it.
  const { browser } = await started(startChromium('--renderer-process-limit=100'))
  const goings: Going[] = ['closed', 'aborted', 'navigated', 'crashed']
  return ChurnPeer.make(browser.defaultBrowserContext(), `${site.origin}/home.html`, PROTOCOL, goings)
}

async function firefoxPeer(site: LabSite): Promise<ChurnPeer> {
  // A page in the background sends as fast as one in front.
  const { browser } = await started(startFirefox({ 'dom.min_background_timeout_value': 4 }))
  const goings: Going[] = ['closed', 'aborted', 'navigated']
  return ChurnPeer.make(browser.defaultBrowserContext(), `${site.origin}/home.html`, PROTOCOL, goings)
}

/** What happens in turn to the connections of two browsers. */
async function* lossesOfBrowsers(
  run: ChurnRun,
  peers: readonly [ChurnPeer, ChurnPeer],
  relays: readonly RelayProcess[],
  below: (bound: number) => number,
): AsyncGenerator<void> {
  for (;;) {
    const peer = peers[below(2) === 0 ? 0 : 1]
    for (const going of peer.goings) {
      await run.lose({ kind: `tab ${going}`, end: () => peer.endCarrier(going), after: 'webrtc' })
      await peer.lend(LENDERS)
      yield
    }
    while (peer.lenderCount > 1) await peer.closeIdle()
    await run.lose({ kind: 'last tab closed', end: () => peer.endCarrier('closed'), after: 'relayed' })
    yield
    const carrier = await run.circuitRelay()
    const relay = relays.find((one) => one.peer === carrier)
    await run.lose({ kind: 'relay killed', end: async () => relay?.stop(), after: 'relayed' })
    await relay?.start()
    await peer.lend(LENDERS)
    for (const one of peers) await one.addresses('/p2p-circuit/webrtc', RELAYS)
    await run.carriedBy('webrtc')
    yield
  }
}

async function churn(run: ChurnRun, losses: AsyncGenerator<void>, addrs: string[][]): Promise<void> {
  await run.begin({ seed: SEED, bytes: BYTES, lastsMs: LASTS_MS }, addrs)
  const random = randomNumbers(SEED)
  const deadlineMs = performance.now() + LASTS_MS
  while (performance.now() < deadlineMs || !(await run.isOver())) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS + (random() % MORE_PAUSE_MS)))
    await losses.next()
  }
  const outcomes = await run.outcomes()
  const refused = outcomes.filter(({ sent }) => sent.refused !== undefined)
  console.log(
    `${run.losses} losses; ${outcomes.length - refused.length} transfers arrived, of which two have ${BYTES} bytes; Connects refused: ${refused.length}`,
  )
  console.table(run.stalls)
  for (const { id, sent, received } of outcomes) {
    if (sent.refused !== undefined && id > 1) continue
    expect(received?.hash, `the hash of transfer ${id}`).toBe(sent.hash)
    expect(sent.answer).toBe(sent.hash)
    if (id > 1) continue
    expect(sent).toEqual({ bytes: BYTES, hash: sent.hash, answer: sent.hash })
    expect(received).toEqual({ bytes: BYTES, hash: sent.hash })
  }
}

const TITLE = 'connections last, and every byte arrives'

for (const other of ['chromium', 'firefox'] as const) {
  const isWanted = isChosen(other) && isInstalled({ name: other === 'firefox' ? 'Firefox' : 'Chromium' })
  test.skipIf(!isWanted)(`${TITLE}: Chromium and ${other}`, { timeout: 2 * LASTS_MS + 240_000 }, async () => {
    console.log(`churn with ${other}: seed ${SEED}, ${LASTS_MS / 1000} s`)
    const relays = await startRelays()
    const site = await serve(relays)
    const peers = [
      await chromiumPeer(site),
      await (other === 'chromium' ? chromiumPeer(site) : firefoxPeer(site)),
    ] as const
    for (const peer of peers) await peer.lend(LENDERS)
    const addrs: string[][] = []
    for (const peer of peers) addrs.push(await peer.addresses('/p2p-circuit/webrtc', RELAYS))
    const random = randomNumbers(SEED)
    const run = new ChurnRun(peers)
    const losses = lossesOfBrowsers(run, peers, relays, (bound) => random() % bound)
    await churn(run, losses, addrs)
  })
}

test.skipIf(!isChosen('node'))(
  `${TITLE}: Chromium and the Node build`,
  { timeout: 2 * LASTS_MS + 240_000 },
  async () => {
    console.log(`churn with the Node build: seed ${SEED}, ${LASTS_MS / 1000} s`)
    const site = await serve([])
    const files = await mkdtemp(join(tmpdir(), 'churn-'))
    cleanups.push(() => rm(files, { recursive: true, force: true }))
    await writeFile(join(files, 'client.js'), site.files['/client.js'] ?? '')
    await writeFile(
      join(files, 'home.html'),
      '<!doctype html><script src="/client.js"></script><title>home</title>',
    )
    const node = await startNodeBuild([...LOCAL_MODE, '-files', files])
    cleanups.push(() => node.stop())
    const near = await chromiumPeer(site)
    const { browser } = await started(startChromium())
    const far = await ChurnPeer.make(
      browser.defaultBrowserContext(),
      `${node.origin}/home.html`,
      PROTOCOL,
      [],
    )
    const address = (await far.addresses('/ws', 1)).find((one) => one.includes('/ws')) ?? ''
    const port = /\/tcp\/(\d+)/u.exec(address)?.[1] ?? ''
    const proxy = await startTcpProxy(Number(port))
    cleanups.push(() => proxy.close())
    const run = new ChurnRun([near, far])
    const losses = async function* (): AsyncGenerator<void> {
      for (;;) {
        await run.lose({
          kind: 'path reset',
          end: async () => {
            proxy.reset()
            proxy.restore()
          },
          after: 'direct',
        })
        yield
      }
    }
    await churn(run, losses(), [[], [address.replace(port, String(proxy.port))]])
  },
)
