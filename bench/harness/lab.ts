import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { bundle } from '../../test/support/bundle.ts'
import type { Chromium, TestBrowser } from '../../test/support/chromium.ts'
import { startChromium } from '../../test/support/chromium.ts'
import type { NodeBuild } from '../../test/support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../test/support/node-build.ts'

/** The worlds of `bench/page/`, and whether their page has our script. */
const WORLDS = {
  ours: { entry: 'bench/page/ours.ts', script: true },
  libp2p: { entry: 'bench/page/libp2p.ts', script: false },
  lent: { entry: 'bench/page/lent.ts', script: false },
  bare: { entry: 'bench/page/bare.ts', script: false },
  empty: { entry: 'bench/page/empty.ts', script: false },
  'our-socket': { entry: 'bench/page/socket.ts', script: true },
  'native-socket': { entry: 'bench/page/socket.ts', script: false },
} as const

export type WorldName = keyof typeof WORLDS

const pageText = (name: string, script: boolean): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${name}</title><link rel="icon" href="data:,">
${script ? '<script src="/libp2p-websocket.js"></script>' : ''}<script src="/${name}.js"></script></head><body></body></html>`

/** A page in a profile of its own, so that everything its peer stored ends with it. */
export interface LabPage {
  page: Page
  close(): Promise<void>
}

/** The Node build that serves the pages of the worlds, and browsers to open them in. */
export class Lab {
  readonly node: NodeBuild
  /** The files that are served from `/` before the build's own. */
  readonly directory: string
  readonly #browsers: TestBrowser[] = []

  private constructor(node: NodeBuild, directory: string) {
    this.node = node
    this.directory = directory
  }

  /** Serves the pages of the named worlds; `dist` must be built. */
  static async start(worlds: readonly WorldName[]): Promise<Lab> {
    const directory = await mkdtemp(join(tmpdir(), 'bench-'))
    await Promise.all(
      worlds.map(async (name) => {
        const { entry, script } = WORLDS[name]
        await writeFile(join(directory, `${name}.js`), await bundle(entry, undefined, {}, true))
        await writeFile(join(directory, `${name}.html`), pageText(name, script))
        if (name === 'lent')
          await writeFile(
            join(directory, 'lent-worker.js'),
            await bundle('bench/page/lent-worker.ts', undefined, {}, true),
          )
      }),
    )
    return new Lab(await startNodeBuild([...LOCAL_MODE, '-files', directory]), directory)
  }

  async browser(start: () => Promise<TestBrowser> = () => startChromium()): Promise<TestBrowser> {
    const browser = await start()
    this.#browsers.push(browser)
    return browser
  }

  /** Opens a world's page, and brings it to the front. */
  async open({ browser }: Chromium, world: WorldName, hash = ''): Promise<LabPage> {
    const context = await browser.createBrowserContext()
    const page = await context.newPage()
    const failures: string[] = []
    page.on('pageerror', (error) => failures.push(String(error)))
    await page.goto(`${this.node.origin}/${world}.html${hash}`)
    if (failures.length > 0) throw new Error(`${world}: ${failures.join('; ')}`)
    return { page, close: () => context.close() }
  }

  async close(): Promise<void> {
    await Promise.all(this.#browsers.map((browser) => browser.close()))
    await this.node.stop()
    await rm(this.directory, { recursive: true, force: true })
  }
}

/** Runs `use` with a lab that is closed afterwards in any case. */
export async function withLab<T>(worlds: readonly WorldName[], use: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = await Lab.start(worlds)
  try {
    return await use(lab)
  } finally {
    await lab.close()
  }
}
