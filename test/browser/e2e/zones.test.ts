import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BROWSERS } from '../../support/browsers.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { LabSite } from '../../support/lab-site.ts'
import { serveLab } from '../../support/lab-site.ts'

/** What the page's zone has seen of one socket's life, returned when the socket is closed. */
interface Seen {
  /** The events that the page got, and in which zone. */
  events: string[]
  /** The source of each task that was started in the page's zone and that Angular would wait for. */
  awaited: string[]
}

declare const Zone: {
  root: { fork(spec: object): { run(callback: () => void): void } }
  current: { name: string }
}

const OURS = '<script src="/libp2p-websocket.js"></script>'
const ZONES = '<script src="/zone.js"></script>'

let site: LabSite

beforeAll(async () => {
  site = await serveLab('src/client/index.ts', 'libp2pClient', {})
  site.files['/zone.js'] = await readFile('node_modules/zone.js/bundles/zone.umd.js', 'utf8')
  site.files['/first.html'] = `<!doctype html><title>first</title>${ZONES}${OURS}`
  site.files['/last.html'] = `<!doctype html><title>last</title>${OURS}${ZONES}`
  site.files['/timers.html'] = `<!doctype html><title>timers</title>${OURS}`
})

afterAll(() => site?.close())

describe.each(BROWSERS)('in $name', ({ start }) => {
  let browser: TestBrowser

  beforeAll(async () => {
    browser = await start()
  })

  afterAll(() => browser?.close())

  test.each([
    ['before our script', '/first.html'],
    ['after our script', '/last.html'],
  ])('an Angular application that loads zone.js %s does not wait for a quiet socket', async (_, path) => {
    const { page } = await browser.open(site.origin + path)
    const seen = await page.evaluate(async () => {
      const seen: Seen = { events: [], awaited: [] }
      const note = (event: Event): void => {
        seen.events.push(`${event.type} in ${Zone.current.name}`)
      }
      type Delegate = { scheduleTask(target: unknown, task: unknown): unknown }
      const zone = Zone.root.fork({
        name: 'Angular',
        onScheduleTask(
          delegate: Delegate,
          _: unknown,
          target: unknown,
          task: { type: string; source: string },
        ) {
          // Angular waits for timers and promises, but not for events that may never come.
          if (task.type !== 'eventTask') seen.awaited.push(`${task.type} ${task.source}`)
          return delegate.scheduleTask(target, task)
        },
      })
      await new Promise<void>((resolve) => {
        zone.run(() => {
          const socket = new WebSocket('/libp2p')
          socket.onopen = (event) => {
            note(event)
            // Identify is answered, so credit is returned in both directions.
            socket.send(new Uint8Array([0]))
            socket.send(new Blob(['nonsense']))
          }
          socket.onmessage = (event) => {
            note(event)
            socket.close(4000)
          }
          socket.addEventListener('close', (event) => {
            note(event)
            resolve()
          })
        })
      })
      return seen
    })
    expect(seen.awaited).toEqual([])
    expect([...new Set(seen.events)]).toEqual(['open in Angular', 'message in Angular', 'close in Angular'])
  })

  test('a page that replaces the timers with its own after our script was loaded still has a peer', async () => {
    const { page } = await browser.open(`${site.origin}/timers.html`)
    const type = await page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          for (const name of ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] as const) {
            globalThis[name] = (() => {
              throw new Error(`the page replaced ${name}`)
            }) as never
          }
          const socket = new WebSocket('/libp2p')
          socket.onopen = ({ type }) => resolve(type)
          socket.onclose = ({ type }) => resolve(type)
        }),
    )
    expect(type).toBe('open')
  })
})
