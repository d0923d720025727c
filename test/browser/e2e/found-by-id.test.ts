import '../../support/polyfill.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type * as client from '../../../src/client/index.ts'
import type { NodeRelay } from '../../../src/node/peer/node-relay.ts'
import type { NetworkConfig, RelayStatus } from '../../../src/relay/index.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { connectLab, listenLab, makeLab } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { browserAddressOf, startNodePeer } from '../../support/node-peer.ts'
import { until } from '../../support/until.ts'

const NODES = 12
const PROTOCOL = '/x/by-id'

let files: Awaited<ReturnType<typeof makeLab>>
let others: NodeRelay[]
let theirs: NodeBuild
let mine: NodeBuild
let near: Chromium
let far: Chromium

beforeAll(async () => {
  files = await makeLab()
  const first = await startNodePeer([])
  const entry = await browserAddressOf(first)
  others = [first, ...(await Promise.all(Array.from({ length: NODES - 3 }, () => startNodePeer([entry]))))]
  // The far browser knows only its own relay. The near one's network.json names all the others too, because a
  // browser dials private addresses only if it does.
  theirs = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
  const named = [...(await Promise.all(others.map(browserAddressOf))), await ownAddressOf(theirs)]
  const peers = named.flatMap((address) => ['-peer', address])
  mine = await startNodeBuild([...LOCAL_MODE, ...peers, '-files', files.directory])
  await until(
    'the nodes to know each other',
    async () => {
      const status = (await (await fetch(`${theirs.origin}/status.json`)).json()) as RelayStatus
      return new Set(status.peer?.connections.map(({ peer }) => peer)).size >= NODES - 1
    },
    60_000,
  )
  ;[near, far] = await Promise.all([startChromium(), startChromium()])
})

afterAll(async () => {
  await Promise.all([near?.close(), far?.close()])
  await Promise.all([mine?.stop(), theirs?.stop(), ...(others ?? []).map((node) => node.stop())])
  await files?.remove()
})

async function ownAddressOf(node: NodeBuild): Promise<string> {
  const { relays } = (await (await fetch(`${node.origin}/network.json`)).json()) as NetworkConfig
  const [address] = relays
  if (address === undefined) throw new Error('the node serves no circuits')
  return address
}

test('a browser on one of twelve relays finds one on another by its ID alone', async () => {
  const listener = (await far.open(`${theirs.origin}/lab.html`)).page
  const { peer } = await connectLab(listener)
  await listenLab(listener, PROTOCOL, 'echo')
  const dialer = (await near.open(`${mine.origin}/lab.html`)).page
  await connectLab(dialer)
  const echoed = await dialer.evaluate(
    async (peer, protocol) => {
      const connection = await (lab['client'] as client.Client).dial(peer, protocol)
      connection.send(new TextEncoder().encode('found'))
      for await (const message of connection) return new TextDecoder().decode(message)
      return undefined
    },
    peer,
    PROTOCOL,
  )
  expect(echoed).toBe('found')
})
