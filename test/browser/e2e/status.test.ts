import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type * as client from '../../../src/client/index.ts'
import type { RelayStatus, TabStatus, TransportStatus } from '../../../src/status/index.ts'
import { diagnose } from '../../../src/status/index.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { connectLab, listenLab, makeLab, reportOf } from '../../support/lab-page.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

const PROTOCOL = '/x/status'
const PAYLOAD_BYTES = 100_000

let files: Awaited<ReturnType<typeof makeLab>>
let node: NodeBuild
let one: Chromium
let two: Chromium
const pages: Page[] = []

/** A policy that allows the page's own scripts, and not the one that lends WebRTC. */
const strictPage = (origin: string): string => `<!doctype html><html><head>
<meta http-equiv="Content-Security-Policy" content="script-src 'unsafe-inline' ${origin}/libp2p-websocket.js ${origin}/client.js; worker-src 'self'">
<script src="/libp2p-websocket.js"></script><script src="/client.js"></script>
<script>var lab = {}</script><title>strict</title></head><body></body></html>`

beforeAll(async () => {
  files = await makeLab()
  node = await startNodeBuild([...LOCAL_MODE, '-files', files.directory])
  await writeFile(join(files.directory, 'strict.html'), strictPage(node.origin))
  one = await startChromium()
  two = await startChromium()
})

afterEach(async () => {
  for (const page of pages.splice(0)) if (!page.isClosed()) await page.close()
})

afterAll(async () => {
  await Promise.all([one?.close(), two?.close()])
  await node?.stop()
  await files?.remove()
})

/** A page that `before` changes before any of its own scripts run. */
async function open(browser: Chromium, name = 'lab', before?: () => void): Promise<Page> {
  const page = await browser.browser.newPage()
  pages.push(page)
  if (before !== undefined) await page.evaluateOnNewDocument(before)
  await page.goto(`${node.origin}/${name}.html`)
  return page
}

const withoutWebRtc = (): void => {
  Reflect.deleteProperty(globalThis, 'RTCPeerConnection')
}

/** As an extension or a policy does it. */
const forbidWebRtc = (): void => {
  const forbid = function (): never {
    throw new DOMException('WebRTC is forbidden here', 'NotAllowedError')
  }
  Object.assign(globalThis, { RTCPeerConnection: forbid })
}

const statusOf = async (page: Page): Promise<RelayStatus> => (await reportOf(page)).status

/** What a page of the site would show about it. */
const findingsOf = (status: RelayStatus): string[] => diagnose(status).map(({ id }) => id)

const tabAt = ({ tabs = [] }: RelayStatus, path: string): TabStatus | undefined =>
  tabs.find((tab) => tab.path === path)

const webRtcOf = ({ transports }: RelayStatus): TransportStatus | undefined =>
  transports.find(({ name }) => name === 'webrtc')

/** The addresses that other peers get. */
const toldOf = ({ peer }: RelayStatus): string[] =>
  (peer?.addresses ?? []).filter(({ told }) => told).map(({ address }) => address)

const isWebRtc = (address: string): boolean => address.endsWith('/webrtc')

async function untilStatus(
  page: Page,
  what: string,
  check: (status: RelayStatus) => boolean,
): Promise<RelayStatus> {
  return await until(what, async () => {
    const status = await statusOf(page)
    return check(status) ? status : undefined
  })
}

test('a browser that stores nothing for the site runs a peer with a temporary identity, and says so', async () => {
  const before = await open(two, 'native')
  // This build cannot open a database that a newer build has left.
  await before.evaluate(async () => {
    await new Promise((resolve, reject) => {
      const request = indexedDB.open('libp2p-websocket', 999)
      request.addEventListener('success', () => resolve(request.result.close()))
      request.addEventListener('error', () => reject(new Error('no database could be made')))
    })
  })
  const page = await open(two)
  await connectLab(page)
  const { status } = await reportOf(page)
  expect(status.host.identity).toMatchObject({
    kind: 'not-kept',
    reason: expect.stringContaining('the browser does not store data for this site: VersionError') as unknown,
  })
  expect(findingsOf(status)).toContain('identity-not-kept')
})

test('/webrtc addresses disappear with the last lender and return with the next one, without a restart', async () => {
  const unable = await open(one, 'lab', withoutWebRtc)
  await connectLab(unable)
  const before = await untilStatus(unable, 'the tab to be known', (status) => status.tabs?.[0]?.path !== '')
  expect(before.tabs).toMatchObject([{ path: '/lab.html', title: 'lab', webrtc: 'unsupported', carries: 0 }])
  expect(webRtcOf(before)).toEqual({ name: 'webrtc', able: false, why: 'unsupported' })
  expect(toldOf(before)).not.toEqual([])
  expect(toldOf(before).filter(isWebRtc)).toEqual([])
  expect(findingsOf(before)).toContain('webrtc-unsupported')

  const lender = await open(one)
  await connectLab(lender)
  const lent = await untilStatus(unable, 'an address over WebRTC', (status) => toldOf(status).some(isWebRtc))
  expect(lent.tabs?.map(({ webrtc }) => webrtc)).toEqual(['unsupported', 'lends'])
  expect(webRtcOf(lent)).toEqual({ name: 'webrtc', able: true })
  expect(lent.peer?.startedMs).toBe(before.peer?.startedMs)
  expect(findingsOf(lent)).not.toContain('webrtc-unsupported')

  await lender.close()
  const after = await untilStatus(
    unable,
    'no address over WebRTC',
    (status) => !toldOf(status).some(isWebRtc),
  )
  expect(after.tabs).toHaveLength(1)
  expect(webRtcOf(after)).toEqual({ name: 'webrtc', able: false, why: 'unsupported' })
  expect(after.peer?.startedMs).toBe(before.peer?.startedMs)
})

test('tabs are listed with title, path and visibility, and one says that a policy prevents it from lending', async () => {
  const strict = await open(one, 'strict')
  await connectLab(strict)
  const blocked = await untilStatus(
    strict,
    'the tab to be blocked',
    (status) => tabAt(status, '/strict.html')?.webrtc === 'blocked',
  )
  expect(webRtcOf(blocked)).toEqual({ name: 'webrtc', able: false, why: 'blocked' })
  expect(findingsOf(blocked)).toContain('webrtc-blocked')

  const lab = await open(one)
  await connectLab(lab)
  await lab.bringToFront()
  await lab.evaluate(() => {
    document.title = 'Another title'
    history.replaceState(null, '', '/elsewhere?secret#also')
  })
  const status = await untilStatus(
    lab,
    'the new title',
    (status) => tabAt(status, '/elsewhere')?.title === 'Another title',
  )
  expect(tabAt(status, '/elsewhere')).toMatchObject({ visible: true, webrtc: 'lends' })
  expect(status.clients.map(({ label }) => label).toSorted()).toEqual(['Another title', 'strict'])
  expect(JSON.stringify(status)).not.toContain('secret')
})

test('the status shows a WebRTC stream with its tab and bytes, and also the host and the relay', async () => {
  const near = await open(one)
  const far = await open(two)
  const { peer: own } = await connectLab(near)
  const target = await connectLab(far)
  await listenLab(far, PROTOCOL, 'echo')
  await near.evaluate(
    async (peer, addrs, protocol, bytes) => {
      const connection = await (lab['client'] as client.Client).dial({ peer, addrs }, protocol)
      lab['connection'] = connection
      connection.send(new Uint8Array(bytes))
      for await (const message of connection) if (message.byteLength === bytes) return
    },
    target.peer,
    target.addresses.filter(isWebRtc),
    PROTOCOL,
    PAYLOAD_BYTES,
  )
  const status = await untilStatus(near, 'the tab', ({ tabs }) => tabs?.[0]?.path !== '')
  expect(status.host).toMatchObject({
    kind: 'shared-worker',
    online: true,
    updateWaits: false,
    identity: { kind: 'kept' },
  })
  expect(status.network).toEqual({ source: 'file', state: 'good', problems: [] })
  expect(status.tabs).toMatchObject([{ webrtc: 'lends', carries: 1, budget: 400 }])
  expect(status.tabs?.[0]?.made).toBeGreaterThanOrEqual(1)
  const connection = status.peer?.connections.find(({ path }) => path === 'webrtc')
  expect(connection).toMatchObject({ peer: target.peer, direction: 'outbound', limited: false })
  expect(connection?.inBytes).toBeGreaterThan(PAYLOAD_BYTES)
  expect(status.clients[0]?.streams).toMatchObject([
    {
      peer: target.peer,
      protocol: PROTOCOL,
      path: 'webrtc',
      connection: connection?.id,
      inBytes: PAYLOAD_BYTES,
      outBytes: PAYLOAD_BYTES,
    },
  ])
  expect(status.peer?.relays).toMatchObject([
    { from: 'network', local: [{ space: 'loopback' }], state: { kind: 'held' } },
  ])
  const theirs = await statusOf(far)
  expect(theirs.clients[0]?.listeners).toMatchObject([
    { protocol: PROTOCOL, frames: true, open: 1, accepted: 1, inBytes: PAYLOAD_BYTES },
  ])
  expect(theirs.peer?.connections.find(({ path }) => path === 'webrtc')).toMatchObject({
    peer: own,
    direction: 'inbound',
  })
  // The Node build is their relay, and shows all of it too.
  const relay = (await (await fetch(`${node.origin}/status.json`)).json()) as RelayStatus
  expect(relay.host).toMatchObject({ kind: 'program', identity: { kind: 'kept' } })
  expect(relay.peer?.connections.map(({ peer }) => peer)).toEqual(expect.arrayContaining([own, target.peer]))
})

test('once a tab is known to have no WebRTC it is skipped, and the relay carries the stream', async () => {
  const forbidden = await open(one, 'lab', forbidWebRtc)
  const far = await open(two)
  await connectLab(forbidden)
  const target = await connectLab(far)
  await listenLab(far, PROTOCOL, 'echo')
  await forbidden.evaluate(
    async (peer, addrs, protocol) => {
      lab['connection'] = await (lab['client'] as client.Client).dial({ peer, addrs }, protocol)
    },
    target.peer,
    target.addresses,
    PROTOCOL,
  )
  const status = await untilStatus(
    forbidden,
    'the tab to be blocked',
    ({ tabs }) => tabs?.[0]?.webrtc === 'blocked',
  )
  expect(webRtcOf(status)).toEqual({ name: 'webrtc', able: false, why: 'blocked' })
  expect(status.clients[0]?.streams).toMatchObject([{ path: 'relayed' }])
  await untilStatus(forbidden, 'no address over WebRTC', (one) => !toldOf(one).some(isWebRtc))
})
