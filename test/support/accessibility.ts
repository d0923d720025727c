import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type axeCore from 'axe-core'
import type { Page } from 'puppeteer-core'

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/**
 * The problems that axe-core finds in a page, in each of these colour schemes, one line for each element.
 * Without any scheme, the page is tested as it is, because Firefox can't be told to use one.
 */
export async function faultsOf(
  page: Page,
  schemes: readonly string[] = ['light', 'dark'],
): Promise<string[]> {
  await page.bringToFront()
  const faults: string[] = []
  for (const scheme of schemes.length === 0 ? [''] : schemes) {
    if (scheme !== '') await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
    await page.evaluate(SOURCE)
    const { violations } = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: Pick<typeof axeCore, 'run'> }
      return await axe.run(document, { resultTypes: ['violations'] })
    })
    for (const { id, nodes } of violations) {
      for (const { html, failureSummary } of nodes)
        faults.push(`${scheme}: ${id}: ${html}: ${failureSummary ?? ''}`)
    }
  }
  if (schemes.length > 0) await page.emulateMediaFeatures([])
  return faults
}
