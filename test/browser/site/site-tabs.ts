import type { Page } from 'puppeteer-core'
import { expect } from 'vitest'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

/** The built site, two browsers, and what people do in them. */
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
   * Closes all tabs. The console reports exceptions and everything that a policy forbids; there must be
   * neither.
   */
  async closeTabs(): Promise<void> {
    const lines = this.#tabs.flatMap((tab) => tab.lines)
    for (const { page } of this.#tabs) if (!page.isClosed()) await page.close()
    this.#tabs = []
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([])
  }
}

/**
 * The texts of all elements of the selector, read in one step: between two, the page may navigate and lose
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
      // The page is navigating to another one, or has not drawn this part yet, and may say it then.
      if (
        /context was destroyed|Cannot find context|no such (?:node|frame|handle)|failed to find element/u.test(
          String(error),
        )
      )
        return ''
      throw error
    })
    return typeof words === 'string' ? found.includes(words) : words.test(found)
  }
  await until(`${selector} to say ${words}`, isSaid, timeoutMs)
}

/** Brings a tab to the front: a background tab draws nothing, and cannot be clicked. */
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
