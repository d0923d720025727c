import { afterAll, expect, test } from 'vitest'
import { randomNumbers } from '../soak/content.ts'
import { startChromium } from '../support/chromium.ts'
import type { Flow, HeardFlow } from '../support/flows.ts'
import { makeLab } from '../support/lab-page.ts'
import { LOCAL_MODE, startNodeBuild } from '../support/node-build.ts'
import { until } from '../support/until.ts'
import type { Going } from './churn-peer.ts'
import { ChurnPeer } from './churn-peer.ts'

/*
 * Three peers in browsers exchange hashed streams while the tabs that lend them WebRTC come and go at random.
 * Every stream must end complete or with a reason, and never in order but too early. `npm run churn --
 * MINUTES [SEED]` runs it. `npm test` runs it for some seconds, so that it keeps working.
 */

const MINUTES = Number(process.env['CHURN_MINUTES'] ?? 0)
const SEED = Number(process.env['CHURN_SEED'] ?? (MINUTES > 0 ? Date.now() % 1_000_000 : 1))
const LASTS_MS = MINUTES > 0 ? MINUTES * 60_000 : 8_000
const PEERS = 3
/** How many tabs lend to one peer at a time. */
const MOST_LENDERS = 2
/** How many streams run at a time. */
const MOST_STREAMS = 4
const MOST_BYTES = 6 * 1_048_576
/** Milliseconds in which the last streams must have ended: longer than any timeout that may end a stream. */
const END_TIMEOUT_MS = 90_000
const GOINGS: readonly Going[] = ['closed', 'navigated', 'crashed']

const cleanups: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A stream that is neither complete nor ended with a reason. */
function isOpen({ isWhole, end, refused, failure }: Flow): boolean {
  return !isWhole && end === undefined && refused === undefined && failure === undefined
}

/** What is wrong with a stream that has ended, as the dialing side sees it; undefined if nothing is. */
function wrongInFlow({ isWhole, end, refused, failure }: Flow): string | undefined {
  if (failure !== undefined) return failure
  if (isWhole || refused !== undefined) return undefined
  return end?.clean === false && end.reason !== '' ? undefined : 'it ended without a reason'
}

/** The same for the listening side: a stream that ends in order must be complete. */
function wrongInHeard({ wantedBytes, gotBytes, end }: HeardFlow): string | undefined {
  if (end === undefined || gotBytes === wantedBytes) return undefined
  return end.clean || end.reason === ''
    ? `${gotBytes} of ${wantedBytes} bytes, then ${end.reason}`
    : undefined
}

test(
  'every stream ends complete or with its reason while lending tabs come and go',
  { timeout: LASTS_MS + 240_000 },
  async () => {
    console.log(`churn: seed ${SEED}, ${Math.round(LASTS_MS / 1000)} s`)
    const random = randomNumbers(SEED)
    const below = (bound: number): number => random() % bound
    const files = await makeLab()
    cleanups.push(() => files.remove())
    const node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
    cleanups.push(() => node.stop())
    // One process for each tab, so that a crash takes no other tab and no worker with it.
    const chromium = await startChromium('--renderer-process-limit=100')
    cleanups.push(() => chromium.close())
    const peers: ChurnPeer[] = []
    for (let count = 0; count < PEERS; count += 1) {
      const context = await chromium.browser.createBrowserContext()
      peers.push(await ChurnPeer.make(context, node.origin, '/x/churn'))
    }
    const peer = (number: number): ChurnPeer => {
      const found = peers[number % PEERS]
      if (found === undefined) throw new Error('there are no peers')
      return found
    }
    for (const each of peers) await each.lend()

    const allFlows = async (): Promise<[string, Flow][]> =>
      (await Promise.all(peers.map(async (each) => each.flows()))).flatMap((flows) => Object.entries(flows))
    const counts: Record<string, number> = {}
    const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1)

    const deadline = performance.now() + LASTS_MS
    let streams = 0
    while (performance.now() < deadline) {
      const open = (await allFlows()).filter(([, flow]) => isOpen(flow)).length
      for (let missing = MOST_STREAMS - open; missing > 0; missing -= 1) {
        const from = below(PEERS)
        const to = peer(from + 1 + below(PEERS - 1))
        streams += 1
        // Waits until the stream is open or refused; the tabs don't wait for that.
        void peer(from).send(`stream-${streams}`, to, 1 + below(MOST_BYTES), below(4) * 5)
      }
      const chosen = peer(below(PEERS))
      const lenders = chosen.lenderCount
      if (lenders === 0 || (lenders < MOST_LENDERS && below(2) === 0)) {
        await chosen.lend()
        count('came')
      } else {
        const going = GOINGS[below(GOINGS.length)] ?? 'closed'
        await chosen.end(below(lenders), going)
        count(going)
      }
      await new Promise((resolve) => setTimeout(resolve, 200 + below(1000)))
    }

    await until(
      'the ends of all streams',
      async () => {
        const flows = await allFlows()
        return flows.length === streams && !flows.some(([, flow]) => isOpen(flow))
      },
      END_TIMEOUT_MS,
    )
    const flows = await allFlows()
    for (const [, { isWhole, end, refused }] of flows) {
      if (isWhole) count('whole')
      else count(refused ?? end?.reason.replaceAll(/12D3\w+/g, 'PEER') ?? 'neither')
    }
    console.log(JSON.stringify(counts, undefined, 2))
    const wrong = (name: string, what: string | undefined): string[] =>
      what === undefined ? [] : [`${name}: ${what}`]
    expect(flows.flatMap(([name, flow]) => wrong(name, wrongInFlow(flow)))).toEqual([])
    const heard = (await Promise.all(peers.map(async (each) => each.heard()))).flatMap((some) =>
      Object.entries(some),
    )
    expect(heard.flatMap(([name, flow]) => wrong(name, wrongInHeard(flow)))).toEqual([])
    expect(counts['whole'] ?? 0).toBeGreaterThan(0)
  },
)
