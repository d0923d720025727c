import '../../support/polyfill.ts'
import { networkInterfaces } from 'node:os'
import { isPrivate } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NetworkConfig } from '../../../src/relay/index.ts'
import type { LocalSpace, RelayStatus } from '../../../src/status/index.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import type { StaticHost } from '../../support/static-host.ts'
import { startStaticHost } from '../../support/static-host.ts'
import { until } from '../../support/until.ts'

/*
 * A site that Chromium considers public, with a relay on this machine or, as far as the browser can tell, in
 * its network. There the browser asks for permission, and a headless one denies every request.
 */

const HOST = 'site.example'
/** The name of a device in the network; no DNS server is asked for it. */
const NEIGHBOUR = 'relay.local'

/** An address of this machine other than loopback, if it has one: packets to it don't leave the machine. */
const ownAddress = Object.values(networkInterfaces())
  .flat()
  .find(
    (one) => one?.family === 'IPv4' && !one.internal && isPrivate(multiaddr(`/ip4/${one.address}`)),
  )?.address

interface Place {
  title: string
  space: LocalSpace
  /** Where the relay listens, and how the site names that address. */
  ip: string
  named: string
}

const PLACES: Place[] = [
  { title: 'on this machine', space: 'loopback', ip: '127.0.0.1', named: '/ip4/127.0.0.1' },
  { title: 'at a name of the local network', space: 'local', ip: '127.0.0.1', named: `/dns4/${NEIGHBOUR}` },
]
if (ownAddress !== undefined) {
  const title = 'at a private address'
  PLACES.push({ title, space: 'local', ip: ownAddress, named: `/ip4/${ownAddress}` })
}

let host: StaticHost
let origin: string

beforeAll(async () => {
  host = await startStaticHost('dist/site', '/')
  origin = `http://${HOST}:${host.port}`
})

afterAll(() => host?.close())

const findings = async (page: Page): Promise<string> =>
  await page.evaluate(() => document.querySelector('#findings')?.textContent ?? '')

const says = async (page: Page, words: string): Promise<unknown> =>
  await until(`the page to say: ${words}`, async () => (await findings(page)).includes(words), 30_000)

describe.each(PLACES.map((place) => [place.title, place] as const))('a relay %s', (_, place) => {
  let relay: NodeBuild
  let chromium: Chromium

  beforeAll(async () => {
    relay = await startNodeBuild([...LOCAL_MODE.slice(0, 3), '-listen', `/ip4/${place.ip}/tcp/0/ws`])
    const { relays } = (await (await fetch(`${relay.origin}/network.json`)).json()) as NetworkConfig
    const own = relays[0] ?? ''
    const port = /\/tcp\/(\d+)\/ws\/p2p\//.exec(own)?.[1]
    const body = JSON.stringify({ relays: [own.replace(/^\/ip4\/[^/]+/, place.named)], iceServers: [] })
    host.put('network.json', { type: 'application/json', body })
    const spaces = [`127.0.0.1:${host.port}=public`, `${place.ip}:${port}=${place.space}`]
    chromium = await startChromium(
      `--host-resolver-rules=MAP ${HOST} 127.0.0.1,MAP ${NEIGHBOUR} 127.0.0.1`,
      `--unsafely-treat-insecure-origin-as-secure=${origin}`,
      `--ip-address-space-overrides=${spaces.join(',')}`,
    )
  })

  afterAll(async () => {
    await chromium?.close()
    await relay?.stop()
  })

  /** Allows it as the user does in the browser's settings, until the browser ends. */
  async function allow(): Promise<void> {
    const session = await chromium.browser.target().createCDPSession()
    const permission = { name: `${place.space}-network` }
    await session.send('Browser.setPermission', { permission, setting: 'granted', origin })
  }

  async function connectionsOfRelay(): Promise<number> {
    const status = (await (await fetch(`${relay.origin}/status.json`)).json()) as RelayStatus
    return status.peer?.connectionCount ?? 0
  }

  test('the local network is dialled once the user has allowed it with a button; a denial is reported and respected', async () => {
    const { page } = await chromium.open(`${origin}/#/peer`)
    await says(page, 'this browser needs your permission to let this site reach it')
    await page.waitForSelector('#ask-local-network')
    expect(await connectionsOfRelay()).toBe(0)

    await page.click('#ask-local-network')
    await says(page, 'this browser does not let this site reach it')
    expect(await page.$('#ask-local-network')).toBeNull()
    expect(await connectionsOfRelay()).toBe(0)

    await allow()
    await until('the relay to be dialled', async () => (await connectionsOfRelay()) > 0, 30_000)
    await until(
      'no findings in the page',
      async () => !(await findings(page)).includes('local network'),
      30_000,
    )
  })
})
