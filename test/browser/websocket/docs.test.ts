import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../support/bundle.ts'
import type { Site } from '../../support/site.ts'
import { serveSite } from '../../support/site.ts'
import { until } from '../../support/until.ts'
import { BROWSERS } from '../../support/browsers.ts'

let directory: string
let site: Site

/** A code block of the documentation, by the word after its language. */
function block(markdown: string, name: string): string {
  const code = markdown.split(`\`\`\`js ${name}\n`)[1]?.split('```')[0]
  if (code === undefined) throw new Error(`docs/websocket.md has no block ${name}`)
  return code.replaceAll("'libp2p-websocket/websocket'", JSON.stringify(resolve('src/websocket/index.ts')))
}

async function bundled(markdown: string, name: string): Promise<string> {
  const entry = join(directory, `${name}.js`)
  await writeFile(entry, block(markdown, name))
  return bundle(entry)
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'websocket-docs-'))
  const markdown = await readFile('docs/websocket.md', 'utf8')
  site = await serveSite({
    '/page.html':
      '<!doctype html><title>echo</title><body><script src="/page.js"></script><script src="/script.js"></script>',
    '/echo-worker.js': await bundled(markdown, 'worker'),
    '/page.js': await bundled(markdown, 'page'),
    '/script.js': block(markdown, 'script'),
  })
})

afterAll(async () => {
  await site?.close()
  await rm(directory, { recursive: true, force: true })
})

test.each(BROWSERS)('the echo endpoint of the documentation echoes in $name', async ({ start }) => {
  const browser = await start()
  try {
    const { page } = await browser.open(`${site.origin}/page.html`)
    const echoed = (): Promise<boolean> => page.evaluate(() => document.body.innerText.includes('hello'))
    expect(await until('the echo in the page', echoed)).toBe(true)
  } finally {
    await browser.close()
  }
})
