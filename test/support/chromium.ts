import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'puppeteer-core'
import { launch } from 'puppeteer-core'
import { neededExecutable } from './installed-browsers.js'

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // Two browsers on one machine connect over its own interface address, which an mDNS name would hide from
  // the other.
  '--disable-features=WebRtcHideLocalIpsWithMdns',
]

/** A headless browser for a test, of any engine. */
export interface TestBrowser {
  browser: Browser
  /** Opens a new tab at `url`; its console output and errors are kept in `lines`. */
  open(url: string): Promise<{ page: Page; lines: string[] }>
  close(): Promise<void>
}

export type Chromium = TestBrowser

/** Launches a browser with a profile of its own, which is deleted when it is closed. */
export async function startWithProfile(
  prefix: string,
  start: (userDataDir: string) => Promise<Browser>,
): Promise<TestBrowser> {
  const userDataDir = await mkdtemp(join(tmpdir(), prefix))
  const browser = await start(userDataDir)
  return {
    browser,
    async open(url) {
      const page = await browser.newPage()
      const lines: string[] = []
      page.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`))
      page.on('pageerror', (error) => lines.push(`error: ${String(error)}`))
      await page.goto(url)
      return { page, lines }
    },
    async close() {
      await browser.close()
      await rm(userDataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    },
  }
}

/** Starts a headless Chromium with a profile of its own, so that two of them share nothing. */
export function startChromium(...more: string[]): Promise<Chromium> {
  return startChromiumAs({}, ...more)
}

/**
 * Like {@link startChromium}, for a user with these preferences, in the form of Chromium's `Preferences`
 * file.
 */
export function startChromiumAs(preferences: object, ...more: string[]): Promise<Chromium> {
  return startWithProfile('chromium-', async (userDataDir) => {
    await mkdir(join(userDataDir, 'Default'))
    await writeFile(join(userDataDir, 'Default', 'Preferences'), JSON.stringify(preferences))
    return await launch({
      executablePath: neededExecutable('Chromium'),
      userDataDir,
      args: [...ARGUMENTS, ...more],
      protocolTimeout: 120_000,
    })
  })
}
