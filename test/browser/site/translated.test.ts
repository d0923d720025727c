import type { Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { FULL_REPORT } from '../../site/full-report.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { until } from '../../support/until.ts'
import type { BuiltSite } from './built-site.ts'
import { serveBuiltSite } from './built-site.ts'
import { click, fill, says, text } from './site-tabs.ts'

let chromium: Chromium
let site: BuiltSite
let lines: string[]

beforeAll(async () => {
  chromium = await startChromium()
})

afterAll(async () => {
  await chromium.close()
})

beforeEach(async () => {
  site = await serveBuiltSite()
})

afterEach(async () => {
  await site.close()
  // An update that the translated page breaks throws, and the page's console shows it.
  expect(lines.filter((line) => /NotFoundError|TypeError: Cannot/u.test(line))).toEqual([])
})

async function open(path: string): Promise<Page> {
  const tab = await chromium.open(site.origin + path)
  lines = tab.lines
  return tab.page
}

type Translator = 'wraps' | 'replaces'

/**
 * Changes the page as a translator does: puts each text that may be translated into two `<font>` elements,
 * either the text node itself or a new one with other words. Returns the texts that it was offered.
 */
const translate = (page: Page, translator: Translator): Promise<string[]> =>
  page.evaluate((translator) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const texts: Text[] = []
    while (walker.nextNode() !== null) {
      const text = walker.currentNode as Text
      if (text.data.trim() === '' || text.parentElement?.closest('script, style, noscript, textarea, font'))
        continue
      if (text.parentElement?.closest('[translate]')?.getAttribute('translate') !== 'no') texts.push(text)
    }
    for (const text of texts) {
      const [outer, inner] = [document.createElement('font'), document.createElement('font')]
      outer.append(inner)
      text.replaceWith(outer)
      inner.append(translator === 'wraps' ? text : `¿${text.data}?`)
    }
    return texts.map(({ data }) => data)
  }, translator)

describe.each(['wraps', 'replaces'] as const)('after a translator that %s the texts of', (translator) => {
  test('the page of a peer, the page still shows changes of the peer', async () => {
    site.relay.report = FULL_REPORT
    const page = await open('/#/peer')
    await says(page, '#relays', 'in reserve, in case another circuit relay fails')
    await translate(page, translator)
    site.relay.identify({ addresses: [], public: false })
    const { peer: _, ...status } = FULL_REPORT.status
    site.relay.report = { ...FULL_REPORT, status: { ...status, clients: [] } }
    site.relay.drop('127x0x0x1')
    await says(page, '#reach', 'Only tabs of this browser')
    await says(page, '#addresses', 'None yet')
    await until('the circuit relays to go', async () => (await page.$('#relays')) === null)
    await translate(page, translator)
    await site.stop()
    await says(
      page,
      '#status',
      /^The connection to your peer was lost\. Trying again in about \d+ seconds?\.$/,
    )
  })

  test('the chat, the page still shows the members and the messages', async () => {
    const page = await open('/examples/chat.html')
    await says(page, '#status', 'Your peer is running')
    await translate(page, translator)
    await fill(page, '#name', 'Ann')
    await click(page, '#enter')
    await says(page, '#status', /^Your room is open/)
    await says(page, '#members', 'Ann (you)')
    await translate(page, translator)
    await fill(page, '#message', 'Hello')
    await click(page, '#send')
    await says(page, '#messages', 'Ann: Hello')
    await site.stop()
    await says(
      page,
      '#status',
      /^The connection to your peer was lost\. Trying again in about \d+ seconds?\.$/,
    )
  })
})

test('IDs, addresses, protocols and code are not offered to a translator', async () => {
  site.relay.report = FULL_REPORT
  const page = await open('/#/peer')
  await says(page, '#relays', 'in reserve, in case another circuit relay fails')
  const offered = await translate(page, 'wraps')
  expect(offered).toContain('Reachability')
  const { peer, clients } = FULL_REPORT.status
  const kept = [
    '127x0x0x1',
    ...(peer?.connections ?? []).map(({ peer }) => peer),
    ...(peer?.relays ?? []).map(({ relay }) => relay.slice(-8)),
    ...clients.flatMap(({ listeners, streams }) =>
      [...listeners, ...streams].map(({ protocol }) => protocol),
    ),
    '/ip4/',
    '/dns4/',
    'new WebSocket',
  ]
  expect(offered.filter((text) => kept.some((one) => text.includes(one)))).toEqual([])
})

test('IDs, addresses, protocols and file names inside sentences are not offered to a translator either', async () => {
  const { status } = FULL_REPORT
  const address = '/dns4/peer.example/tcp/443/wss'
  const refusal = {
    atMs: status.atMs,
    client: 'tab 2',
    what: 'connect',
    peer: '12D3KooWDanDan',
    protocol: '/x/dance',
    reason: `no answer at ${address}`,
  } as const
  site.relay.report = {
    ...FULL_REPORT,
    status: {
      ...status,
      refusals: Array.from({ length: 20 }, () => refusal),
      network: { source: 'file', state: 'flawed', problems: [`relays[0] is ${address}, without an ID`] },
    },
  }
  const page = await open('/#/peer')
  await says(page, '#findings', 'The last reason: No answer at')
  await says(page, '#findings', 'Part of /network.json is invalid')
  const offered = await translate(page, 'replaces')
  expect(offered.some((text) => text.includes('The last reason: No answer at'))).toBe(true)
  const kept = ['DanDan', '/x/dance', '/dns4/', 'network.json']
  expect(offered.filter((text) => kept.some((one) => text.includes(one)))).toEqual([])
  // A translated finding is replaced by what is found later.
  site.relay.report = FULL_REPORT
  const isGone = async (): Promise<boolean> => !/last reason|is invalid/u.test(await text(page, '#findings'))
  await until('the findings to disappear', isGone)
})
