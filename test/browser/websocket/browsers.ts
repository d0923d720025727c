import type { TestBrowser } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { startFirefox } from '../../support/firefox.ts'

/** A browser that the tests of the socket run in. */
export interface TestedBrowser {
  name: 'Chromium' | 'Firefox'
  start: () => Promise<TestBrowser>
}

export const BROWSERS: TestedBrowser[] = [
  { name: 'Chromium', start: () => startChromium() },
  { name: 'Firefox', start: () => startFirefox() },
]
