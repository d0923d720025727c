import type { Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { faultsOf } from '../../support/accessibility.ts'
import { shoot } from '../../support/screenshots.ts'
import { until } from '../../support/until.ts'
import { SiteTabs, fill } from './site-tabs.ts'

let site: SiteTabs

beforeAll(async () => {
  site = await SiteTabs.start()
})

afterAll(async () => {
  await site?.stop()
})

afterEach(async () => {
  await site.closeTabs()
})

const textOf = async (page: Page): Promise<string> =>
  await page.$eval('#text', (area) => (area as HTMLTextAreaElement).value)

test('two browsers and three tabs write one text together, and see whose caret is where', async () => {
  const one = await site.open('/examples/notes.html')
  const link = await one.$eval('#link', (anchor) => (anchor as HTMLAnchorElement).href)
  await one.focus('#text')
  await one.keyboard.type('Ada was here. ')
  const tab = await site.open(link)
  await until('the text in the other tab', async () => (await textOf(tab)) === 'Ada was here. ')
  const far = await site.open(link, site.two)
  await until('the text in the other browser', async () => (await textOf(far)) === 'Ada was here. ')
  await far.bringToFront()
  await fill(far, '#name', 'Grace')
  await far.focus('#text')
  await far.keyboard.press('End')
  await Promise.all([far.keyboard.type('And Grace. '), tab.type('#text', 'Tab: ')])
  for (const page of [one, tab, far]) {
    await until('all of it', async () => {
      const text = await textOf(page)
      return text.length === 'Ada was here. And Grace. Tab: '.length && text === (await textOf(one))
    })
  }
  await until('her caret', async () => (await one.$('.caret[data-name="Grace"]')) !== null)
  const states = await far.$$eval('#state [role=status]', (all) => all.map(({ textContent }) => textContent))
  expect(states).toEqual(['2 other pages write this text with you.'])
  expect(await faultsOf(far)).toEqual([])
  expect(await shoot(one, 'notes')).toEqual([])
  await one.setViewport({ width: 1280, height: 800 })
  await one.bringToFront()
})
