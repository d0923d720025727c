import { peerIdFromString } from '@libp2p/peer-id'
import { base36 } from 'multiformats/bases/base36'
import { afterEach, expect, test } from 'vitest'
import { EMPTY_NETWORK } from '../../src/relay/index.ts'
import { NetworkFile } from '../../src/worker/network-file.ts'
import { serveSite } from '../support/site.ts'
import type { Site } from '../support/site.ts'

let site: Site | undefined
afterEach(async () => {
  await site?.close()
})

const RELAY = '/ip4/127.0.0.1/tcp/1/ws/p2p/12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'

async function serve(files: Record<string, string>): Promise<{ file: NetworkFile; lines: string[] }> {
  site = await serveSite(files)
  const lines: string[] = []
  return {
    file: new NetworkFile(new URL('/network.json', site.origin), (_, line) => lines.push(line)),
    lines,
  }
}

test('a problem is logged once, and the valid entries are used', async () => {
  const text = JSON.stringify({ relays: [RELAY, 'nonsense'], iceServers: 'none' })
  const { file, lines } = await serve({ '/network.json': text })
  for (let times = 0; times < 3; times++) expect((await file.read()).relays).toEqual([RELAY])
  expect(lines.length).toBe(1)
  expect(lines[0]).toContain('nonsense')
  expect(lines[0]).toContain('"iceServers" is not an array')
})

test('each entry without a peer ID is reported, and the other entries are used', async () => {
  const id = '12D3KooWCPmGBaYTVwF3eSVQbuEunLM6PFazPegk4mf4LKdkzk9F'
  const wrong = [
    `/dns4/a.example/tcp/443/wss/p2p/${id.toUpperCase()}`,
    '/dns4/b.example/tcp/443/wss/p2p/bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
    `/dns4/c.example/tcp/443/https/p2p/${id}`,
    `/dns4/d.example/tcp/443/tls/ws/http-path/x/p2p/${id}`,
    '/dns4/e.example/tcp/443/wss',
  ]
  const cid = peerIdFromString(id).toCID().toString(base36)
  const right = `\t/ip4/127.0.0.1/tcp/1/ws/p2p/${cid}\r\n`
  const { file } = await serve({ '/network.json': JSON.stringify({ bootstrap: [...wrong, right] }) })
  expect((await file.read()).bootstrap).toEqual([RELAY])
  const { state, problems } = file.status
  expect(state).toBe('flawed')
  expect(problems).toHaveLength(wrong.length)
  for (const [index, entry] of wrong.entries()) expect(problems[index]).toContain(entry)
})

test('a missing file is logged once, and again after it was found and lost', async () => {
  const files: Record<string, string> = {}
  const { file, lines } = await serve(files)
  expect(await file.read()).toEqual(EMPTY_NETWORK)
  expect(await file.read()).toEqual(EMPTY_NETWORK)
  expect(lines).toEqual([
    "/network.json: it doesn't exist (status 404). So no circuit relay is known, by which other browsers could reach this one",
  ])
  expect(file.warning).toBe(lines[0])
  files['/network.json'] = JSON.stringify({ relays: [RELAY] })
  expect((await file.read()).relays).toEqual([RELAY])
  expect(file.warning).toBe('')
  delete files['/network.json']
  await file.read()
  expect(lines.length).toBe(2)
})

test('the status says how the last read went: missing, unreachable, not JSON, flawed, good', async () => {
  const files: Record<string, string> = {}
  const { file } = await serve(files)
  expect(file.status).toEqual({ source: 'file', state: 'unread', problems: [] })
  await file.read()
  expect(file.status).toMatchObject({ state: 'missing', problems: ["it doesn't exist (status 404)"] })
  for (const [text, state] of [
    ['<html>', 'not-json'],
    ['[]', 'not-json'],
    ['{"relays":["nonsense"]}', 'flawed'],
    ['{}', 'good'],
  ] as const) {
    files['/network.json'] = text
    await file.read()
    expect(file.status.state).toBe(state)
    expect(file.status.problems).toHaveLength(state === 'good' ? 0 : 1)
  }
  await site?.close()
  await file.read()
  expect(file.status.state).toBe('unreachable')
})

test('a page in place of the file, as from the server of a single-page application, is named by its type', async () => {
  const { file, lines } = await serve({ '/network.json': '<!doctype html><title>app</title>' })
  await file.read()
  expect(lines[0]).toMatch(/^\/network\.json: it is not JSON but \S.*: .*So no circuit relay is known/u)
})
