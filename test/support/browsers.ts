import type { TestBrowser } from './chromium.ts'
import { startChromium } from './chromium.ts'
import { startFirefox } from './firefox.ts'

/** A browser that tests run in. */
export interface TestedBrowser {
  name: 'Chromium' | 'Firefox'
  start: () => Promise<TestBrowser>
}

export const BROWSERS: TestedBrowser[] = [
  { name: 'Chromium', start: () => startChromium() },
  { name: 'Firefox', start: () => startFirefox() },
]
