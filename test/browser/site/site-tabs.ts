import type { Page } from 'puppeteer-core'
import { expect } from 'vitest'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

/** The site as it is built, two browsers, and what people do in them. */
export class SiteTabs {
  readonly node: NodeBuild
  readonly one: Chromium
  readonly two: Chromium
  #tabs: { page: Page; lines: string[] }[] = []

  private constructor(node: NodeBuild, one: Chromium, two: Chromium) {
    this.node = node
    this.one = one
    this.two = two
  }

  static async start(): Promise<SiteTabs> {
    return new SiteTabs(await startNodeBuild(), await startChromium(), await startChromium())
  }

  async stop(): Promise<void> {
    await Promise.all([this.one.close(), this.two.close()])
    await this.node.stop()
  }

  /** Opens a path of the site, or a link to it, in a tab of the first browser or of another. */
  async open(path: string, browser = this.one): Promise<Page> {
    const tab = await browser.open(path.startsWith('http') ? path : this.node.origin + path)
    this.#tabs.push(tab)
    return tab.page
  }

  /**
   * Closes all tabs. What a policy forbids is said in the console, and so is what throws: neither may be
   * there.
   */
  async closeTabs(): Promise<void> {
    const lines = this.#tabs.flatMap((tab) => tab.lines)
    for (const { page } of this.#tabs) if (!page.isClosed()) await page.close()
    this.#tabs = []
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([])
  }
}

/**
 * What all elements of the selector show. In one step: between two the page may go to another one, and lose
 * the elements.
 */
export const text = (page: Page, selector: string): Promise<string> =>
  page.evaluate(
    (selector) =>
      Array.from(document.querySelectorAll(selector), (element) => (element as HTMLElement).innerText).join(
        '\n',
      ),
    selector,
  )

export async function says(
  page: Page,
  selector: string,
  words: string | RegExp,
  timeoutMs?: number,
): Promise<void> {
  const isSaid = async (): Promise<boolean> => {
    const found = await text(page, selector).catch((error: unknown) => {
      // The page goes to another one, which may say it.
      if (/context was destroyed|Cannot find context|no such (?:node|frame|handle)/u.test(String(error)))
        return ''
      throw error
    })
    return typeof words === 'string' ? found.includes(words) : words.test(found)
  }
  await until(`${selector} to say ${words}`, isSaid, timeoutMs)
}

/** A tab that is not in front draws nothing, and so cannot be clicked. */
export async function click(page: Page, selector: string): Promise<void> {
  await page.bringToFront()
  await page.locator(selector).click()
}

export async function fill(page: Page, selector: string, typed: string): Promise<void> {
  await page.bringToFront()
  await page.locator(selector).wait()
  await page.$eval(
    selector,
    (field, typed) => {
      Object.assign(field, { value: typed })
      field.dispatchEvent(new Event('input', { bubbles: true }))
    },
    typed,
  )
}
