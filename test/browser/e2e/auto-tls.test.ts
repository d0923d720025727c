import '../../support/polyfill.ts'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RelayStatus } from '../../../src/status/index.ts'
import { startAcmeServer } from '../../node/support/acme-server.ts'
import type { AutoTlsPeer } from '../../node/support/auto-tls-peer.ts'
import {
  FORGE_DOMAIN,
  PUBLIC_ADDRESS,
  freePort,
  greetTls,
  startAutoTlsPeer,
} from '../../node/support/auto-tls-peer.ts'
import { startChromium } from '../../support/chromium.ts'
import { flowsOf, heardFlows, listenFlows, startFlow } from '../../support/flows.ts'
import { connectLab, reportOf } from '../../support/lab-page.ts'
import type { LabSite } from '../../support/lab-site.ts'
import { serveLab } from '../../support/lab-site.ts'
import { until } from '../../support/until.ts'

/*
 * A relay whose only address for browsers is the one from AutoTLS. Chromium resolves its name to this
 * machine, and is told to trust the certificate's public key, because no trust store has the test's
 * authority.
 */

const PROTOCOL = '/x/auto-tls'
const TOTAL_BYTES = 1_048_576
const RESOLVER = `--host-resolver-rules=MAP *.${FORGE_DOMAIN} 127.0.0.1`

let node: AutoTlsPeer
let site: LabSite
/** The relay's only address, and how a browser is made to trust its certificate. */
let secure: string
let trust: string

const cleanups: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  const acme = await startAcmeServer()
  cleanups.push(() => acme.close())
  const directory = await mkdtemp(join(tmpdir(), 'autotls-'))
  cleanups.push(() => rm(directory, { recursive: true, force: true }))
  const port = await freePort()
  node = await startAutoTlsPeer({
    acme,
    directory,
    port,
    announce: [`/ip4/${PUBLIC_ADDRESS}/tcp/${port}/ws`],
  })
  cleanups.push(() => node.relay.stop())
  secure = await until('the wss address', async () =>
    (await node.relays()).find((address) => address.includes('/tls/')),
  )
  const { hostname } = new URL(multiaddrToUri(multiaddr(secure)))
  const { publicKey } = await greetTls(port, hostname, acme.authority)
  trust = `--ignore-certificate-errors-spki-list=${createHash('sha256').update(publicKey).digest('base64')}`
  site = await serveLab('src/client/index.ts', 'libp2pClient', { relays: [secure], iceServers: [] })
  cleanups.push(() => site.close())
})

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function openBrowser(...flags: string[]) {
  const chromium = await startChromium(RESOLVER, ...flags)
  cleanups.push(() => chromium.close())
  const { page } = await chromium.open(`${site.origin}/lab.html`)
  return { page, ...(await connectLab(page)) }
}

const serviceOfNode = () => (node.relay.status() as RelayStatus).peer?.service

test('browsers hold reservations on the wss listener of a peer with -autotls, and reach each other through it', async () => {
  const [near, far] = await Promise.all([openBrowser(trust), openBrowser(trust)])
  const circuit = `${secure}/p2p-circuit`
  for (const { page } of [near, far]) {
    const { status } = await reportOf(page)
    expect(status.peer?.relays).toMatchObject([{ addresses: [secure], state: { kind: 'held' } }])
    expect(status.peer?.connections.map(({ address }) => address)).toEqual([secure])
    expect(status.peer?.addresses).toContainEqual({
      address: circuit,
      from: 'relay',
      confirmed: true,
      told: true,
    })
  }
  expect(serviceOfNode()).toMatchObject({ reservations: 2, openedCircuits: 0 })

  await listenFlows(far.page, PROTOCOL)
  // If the relay is named, it carries the stream itself, even if the browsers could connect directly.
  const { peer } = far
  const through = { relay: secure, addresses: [circuit] }
  await startFlow(near.page, 'secure', { peer, ...through, protocol: PROTOCOL, totalBytes: TOTAL_BYTES })
  await until('the whole stream', async () => (await flowsOf(near.page))['secure']?.isWhole === true, 30_000)
  expect((await heardFlows(far.page))['secure']).toMatchObject({ gotBytes: TOTAL_BYTES })
  expect(serviceOfNode()?.carriedBytes).toBeGreaterThan(TOTAL_BYTES)
})

test('a browser that does not trust the certificate cannot connect', async () => {
  const { page, addresses } = await openBrowser()
  expect(addresses).toEqual([])
  const [relay] = (await reportOf(page)).status.peer?.relays ?? []
  expect(relay).toMatchObject({ addresses: [secure], lastError: { kind: 'unreachable' } })
})
