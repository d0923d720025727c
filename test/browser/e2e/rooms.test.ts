import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type * as room from '../../../src/room/index.ts'
import { BROWSERS } from '../../support/browsers.ts'
import { bundle } from '../../support/bundle.ts'
import type { TestBrowser } from '../../support/chromium.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { LOCAL_MODE, startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

/** What a page keeps of its room. */
interface Lab {
  room: room.Room<string, string>
  log: string[]
}

declare global {
  /** The module, in the page of this test. */
  var libp2pRoom: typeof room
  var lab: Record<string, unknown>
}

let directory: string
let node: NodeBuild
const browsers = new Map<string, TestBrowser>()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rooms-'))
  await writeFile(join(directory, 'room.js'), await bundle('src/room/index.ts', 'libp2pRoom'))
  await writeFile(
    join(directory, 'room.html'),
    '<!doctype html><script src="/libp2p-websocket.js"></script><script src="/room.js"></script><script>var lab = {}</script><title>room</title>',
  )
  node = await startNodeBuild([...LOCAL_MODE, '-files', directory])
  for (const { name, start } of BROWSERS) browsers.set(name, await start())
})

afterAll(async () => {
  for (const browser of browsers.values()) await browser.close()
  await node?.stop()
  await rm(directory, { recursive: true, force: true })
})

/** Opens a page that joins the room under this name. */
async function enter(browser: string, name: string): Promise<Page> {
  const opened = await browsers.get(browser)?.open(`${node.origin}/room.html`)
  if (opened === undefined) throw new Error(`${browser} does not run`)
  await opened.page.evaluate(async (name) => {
    const joined = await libp2pRoom.joinRoom<string, string>('lusab-babad-gutih-tugad', { state: name })
    const log: string[] = []
    const note = (what: string, member: room.Member<string>): void => {
      log.push(`${what} ${member.state}`)
    }
    joined.addEventListener('join', ({ member }) => note('join', member))
    joined.addEventListener('leave', ({ member }) => note('leave', member))
    joined.addEventListener('message', ({ member, data }) => note(data, member))
    joined.handle('name', () => name)
    Object.assign(lab, { room: joined, log })
  }, name)
  return opened.page
}

/** Waits until a page's log has an entry. */
async function sees(page: Page, entry: string): Promise<void> {
  await until(entry, async () => (await page.evaluate(() => (lab as unknown as Lab).log)).includes(entry))
}

async function say(page: Page, text: string): Promise<void> {
  await page.evaluate(async (text) => await (lab as unknown as Lab).room.send(text), text)
}

/** What carries the messages of each member, by its state. */
async function linksOf(page: Page): Promise<Record<string, string | undefined>> {
  return await page.evaluate(() => {
    const members = [...(lab as unknown as Lab).room.members.values()]
    return Object.fromEntries(members.map(({ state, link }) => [state, link]))
  })
}

test.skipIf(BROWSERS.length < 2)(
  'tabs of Chromium and Firefox meet by name alone, and stay together without the server and the first tab',
  async () => {
    const ada = await enter('Chromium', 'Ada')
    const ann = await enter('Chromium', 'Ann')
    const bob = await enter('Firefox', 'Bob')
    for (const name of ['Ann', 'Bob']) await sees(ada, `join ${name}`)
    for (const name of ['Ada', 'Bob']) await sees(ann, `join ${name}`)
    for (const name of ['Ada', 'Ann']) await sees(bob, `join ${name}`)
    expect((await linksOf(ada))['Ann']).toBe('local')
    await until('WebRTC', async () =>
      (await Promise.all([linksOf(ada), linksOf(ann)])).every((links) => links['Bob'] === 'direct'),
    )
    await say(bob, 'hello')
    for (const page of [ada, ann]) await sees(page, 'hello Bob')
    const name = await ada.evaluate(async () => {
      const { room } = lab as unknown as Lab
      const bob = [...room.members.values()].find(({ state }) => state === 'Bob')
      return bob && (await room.request(bob, 'name'))
    })
    expect(name).toBe('Bob')
    await node.stop('SIGKILL')
    await ada.close()
    for (const page of [ann, bob]) await sees(page, 'leave Ada')
    await say(ann, 'still here')
    await sees(bob, 'still here Ann')
    await say(bob, 'me too')
    await sees(ann, 'me too Bob')
    await bob.close()
    await sees(ann, 'leave Bob')
  },
)
