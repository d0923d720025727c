import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { miniBrowser, neededExecutable } from './installed-browsers.js'
import { until } from './until.ts'

/** The only page of a WebKitGTK, driven over WebDriver. */
export interface WebKit {
  /** Runs a function in the page, like Puppeteer's `evaluate`, with values that JSON can hold. */
  readonly page: Pick<Page, 'evaluate'>
  open(url: string): Promise<void>
  close(): Promise<void>
}

/**
 * Starts a MiniBrowser on its own display, with its own home directory, which is deleted when it is closed.
 */
export async function startWebKit(): Promise<WebKit> {
  const home = await mkdtemp(join(tmpdir(), 'webkit-'))
  const processes: ChildProcess[] = []
  const end = async (): Promise<void> => {
    for (const child of processes.toReversed()) {
      if (child.exitCode !== null) continue
      const ended = once(child, 'exit')
      child.kill()
      await ended
    }
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  }
  try {
    const { display, server } = startDisplay()
    processes.push(server)
    const port = await freePort()
    const driver = spawn(neededExecutable('WebKitGTK'), ['--host=127.0.0.1', `--port=${port}`], {
      stdio: 'ignore',
      env: {
        ...process.env,
        DISPLAY: await display,
        HOME: home,
        XDG_CACHE_HOME: join(home, 'cache'),
        XDG_DATA_HOME: join(home, 'data'),
        XDG_CONFIG_HOME: join(home, 'config'),
        NO_AT_BRIDGE: '1',
      },
    })
    processes.push(driver)
    const session = await newSession(`http://127.0.0.1:${port}`)
    return {
      // JSON replaces Puppeteer's own serialization, so the types of a test's arguments and results are the
      // same.
      page: session as unknown as Pick<Page, 'evaluate'>,
      open: (url) => session.open(url),
      async close() {
        await session.close()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** A virtual display, which chooses its own number. */
function startDisplay(): { display: Promise<string>; server: ChildProcess } {
  const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const display = new Promise<string>((resolve, reject) => {
    server.once('error', reject)
    server.once('exit', () => reject(new Error('Xvfb has ended')))
    server.stdout?.once('data', (number: Buffer) => resolve(`:${number.toString().trim()}`))
  })
  return { display, server }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

interface Session {
  open(url: string): Promise<void>
  evaluate(run: (...args: never[]) => unknown, ...args: unknown[]): Promise<unknown>
  close(): Promise<void>
}

/** A session of the W3C's WebDriver protocol. */
async function newSession(origin: string): Promise<Session> {
  const post = async (path: string, body: object, method = 'POST'): Promise<unknown> => {
    const response = await fetch(`${origin}${path}`, {
      method,
      ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
    })
    const { value } = (await response.json()) as { value: unknown }
    if (!response.ok) throw new Error(`WebDriver, ${path}: ${JSON.stringify(value)}`)
    return value
  }
  await until('WebKitWebDriver to answer', () =>
    fetch(`${origin}/status`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  const options = { binary: miniBrowser(), args: ['--automation'] }
  const alwaysMatch = { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options }
  const { sessionId } = (await post('/session', { capabilities: { alwaysMatch } })) as { sessionId: string }
  const session = `/session/${sessionId}`
  await post(`${session}/timeouts`, { script: 120_000, pageLoad: 60_000 })
  return {
    open: async (url) => void (await post(`${session}/url`, { url })),
    async evaluate(run, ...args) {
      const script = `const [args, done] = arguments
        Promise.resolve().then(() => (${run.toString()})(...args)).then(
          (value) => done({ value }), (error) => done({ error: String(error && error.stack || error) }))`
      const answer = (await post(`${session}/execute/async`, { script, args: [args] })) as {
        value?: unknown
        error?: string
      }
      if (answer.error !== undefined) throw new Error(answer.error)
      return answer.value
    },
    close: async () => void (await post(session, {}, 'DELETE')),
  }
}
