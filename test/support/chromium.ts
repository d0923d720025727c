import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'puppeteer-core'
import { launch } from 'puppeteer-core'

/** Debian's Chromium, which `npm test` installs where it is missing. */
const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // Two browsers on one machine meet on its own interface address, which an mDNS name would hide from the other.
  '--disable-features=WebRtcHideLocalIpsWithMdns',
]

export interface Chromium {
  browser: Browser
  /** A new tab at `url`; what its console prints and what it throws is kept in `lines`. */
  open(url: string): Promise<{ page: Page; lines: string[] }>
  close(): Promise<void>
}

/** Starts a headless Chromium with a profile of its own: two of them share nothing. */
export async function startChromium(...more: string[]): Promise<Chromium> {
  const userDataDir = await mkdtemp(join(tmpdir(), 'chromium-'))
  const browser = await launch({
    executablePath: EXECUTABLE,
    userDataDir,
    args: [...ARGUMENTS, ...more],
    protocolTimeout: 120_000,
  })
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
