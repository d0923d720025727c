import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { flowsOf, listenFlows, startFlow } from '../../support/flows.ts'
import { connectLab, makeLab } from '../../support/lab-page.ts'
import type { LabSite } from '../../support/lab-site.ts'
import { serveLab } from '../../support/lab-site.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { RelayProcess } from '../../support/relay-process.ts'
import { until } from '../../support/until.ts'

const PROTOCOL = '/x/slow'
/** A transfer takes half a minute, and pings in the meantime wait behind its bytes. */
const BYTES_PER_SECOND = 100_000
const TOTAL_BYTES = 3_000_000

let files: Awaited<ReturnType<typeof makeLab>>
let relay: RelayProcess
let site: LabSite
let node: NodeBuild
const browsers: Chromium[] = []

beforeAll(async () => {
  files = await makeLab()
  relay = await RelayProcess.make()
  await relay.start(['-files', files.directory])
  site = await serveLab('src/client/index.ts', 'libp2pClient', { relays: [relay.address] })
  node = await startNodeBuild([...LOCAL_MODE.filter((flag) => flag !== '-relay'), '-files', files.directory])
  browsers.push(await startChromium(), await startChromium())
})

afterAll(async () => {
  await Promise.all(browsers.map(async (browser) => browser.close()))
  await Promise.all([node?.stop(), site?.close(), relay?.close()])
  await files?.remove()
})

test('a transfer over a slow link, from a page or a Node peer, is not cut because answers are late', async () => {
  const [one, two] = browsers
  if (one === undefined || two === undefined) throw new Error('there are no browsers')
  const { page: receiver } = await one.open(`${relay.origin}/native.html`)
  const { page } = await one.open(`${site.origin}/lab.html`)
  const { page: native } = await two.open(`${node.origin}/native.html`)
  const { peer } = await connectLab(receiver)
  await listenFlows(receiver, PROTOCOL)
  const addresses = [relay.address.replace(/\/p2p\/.*$/, '')]
  const senders = { page, native }
  for (const sender of Object.values(senders)) await connectLab(sender)
  relay.proxy.slow(BYTES_PER_SECOND)
  for (const [name, sender] of Object.entries(senders))
    await startFlow(sender, name, { peer, addresses, protocol: PROTOCOL, totalBytes: TOTAL_BYTES })
  for (const [name, sender] of Object.entries(senders)) {
    const flow = await until(
      `the transfer by ${name}`,
      async () => {
        const now = (await flowsOf(sender))[name]
        return now?.isWhole === true || now?.end !== undefined || now?.refused !== undefined ? now : undefined
      },
      120_000,
    )
    expect(flow, name).toMatchObject({ isWhole: true })
  }
})
