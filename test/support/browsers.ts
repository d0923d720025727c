import type { TestBrowser } from './chromium.ts'
import { startChromium } from './chromium.ts'
import { startFirefox } from './firefox.ts'
import { isInstalled } from './installed-browsers.js'

/** A browser that runs tests. */
export interface TestedBrowser {
  name: 'Chromium' | 'Firefox'
  start: () => Promise<TestBrowser>
}

/** The entries of this table that this machine has; `npm test` says which browsers are missing. */
export const BROWSERS: TestedBrowser[] = (
  [
    { name: 'Chromium', start: () => startChromium() },
    { name: 'Firefox', start: () => startFirefox() },
  ] satisfies TestedBrowser[]
).filter(isInstalled)
