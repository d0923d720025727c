import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'

/** Where people find them. Not part of the repository. */
const DIRECTORY = 'test/screenshots'

/** How a page is viewed: the size of the screen, and whether it is dark. */
const LOOKS = [
  { name: 'light', width: 1280, height: 800, dark: false },
  { name: 'dark', width: 1280, height: 800, dark: true },
  { name: 'phone', width: 320, height: 640, dark: false },
  { name: 'wide', width: 1920, height: 1080, dark: true },
] as const

/**
 * Writes screenshots of the whole page, and returns the widths in pixels of pages that are wider than their
 * screen.
 */
export async function shoot(page: Page, name: string): Promise<number[]> {
  mkdirSync(DIRECTORY, { recursive: true })
  await page.bringToFront()
  const tooWide: number[] = []
  for (const { name: look, width, height, dark } of LOOKS) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }])
    await page.setViewport({ width, height })
    const grown = await page.evaluate(() => document.documentElement.scrollWidth)
    if (grown > width) tooWide.push(grown)
    await page.screenshot({ path: join(DIRECTORY, `${name}-${look}.png`), fullPage: true })
  }
  await page.emulateMediaFeatures([])
  await page.setViewport({ width: 1280, height: 800 })
  return tooWide
}
