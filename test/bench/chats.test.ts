import '../support/polyfill.ts'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { RoomLab } from '../room/room-lab.ts'
import { bundleModule } from '../support/bundle.ts'
import { until } from '../support/until.ts'

const lab = new RoomLab()

afterEach(() => {
  vi.unstubAllGlobals()
})

test('the README has the numbers of their lines', () => {
  const files = ['libp2p-websocket.js', 'peerjs.js', 'trystero.js', 'js-libp2p.js']
  const [, row = ''] = /^\| lines of a chat¹ (.*)$/mu.exec(readFileSync('README.md', 'utf8')) ?? []
  const own = readFileSync('bench/chats/README.md', 'utf8')
  const lines = files.map(
    (file) =>
      readFileSync(`bench/chats/${file}`, 'utf8')
        .split('\n')
        .filter((line) => line.trim() !== '' && !line.includes(`'./io.js'`)).length,
  )
  expect(row.match(/\d+/gu)?.map(Number)).toEqual(lines)
  for (const [index, file] of files.entries()) expect(own).toContain(`(${file}) | ${lines[index]} |`)
})

test('ours runs: two pages see each other come and talk', async () => {
  const { url } = await lab.peer({ listen: ['/ip4/127.0.0.1/tcp/0'] })
  vi.stubGlobal('WebSocket', WebSocket)
  vi.stubGlobal('location', new URL(url.replace('ws:', 'http:')))
  const directory = await mkdtemp(join(tmpdir(), 'chats-'))
  try {
    const shown: Record<string, string[]> = { Ada: [], Grace: [] }
    const say: Record<string, (text: string) => void> = {}
    vi.stubGlobal('chatShown', (name: string, line: string) => shown[name]?.push(line))
    vi.stubGlobal('chatSay', (name: string, send: (text: string) => void) => {
      say[name] = send
    })
    for (const name of Object.keys(shown)) {
      const io = join(directory, `${name}-io.js`)
      await writeFile(
        io,
        `export const name = '${name}'
export const show = (line) => chatShown(name, line)
export const onLine = (send) => chatSay(name, send)`,
      )
      const source = readFileSync('bench/chats/libp2p-websocket.js', 'utf8')
        .replace(`'./io.js'`, JSON.stringify(io))
        .replace(`'libp2p-websocket/room'`, JSON.stringify(resolve('src/room/index.ts')))
      const entry = join(directory, `${name}.js`)
      await writeFile(entry, source)
      const module = join(directory, `${name}.mjs`)
      await writeFile(module, await bundleModule(entry))
      await import(/* @vite-ignore */ pathToFileURL(module).href)
    }
    await until('both to come', () => Object.values(shown).every(({ length }) => length === 1))
    say['Ada']?.('hello')
    await until('the message', () => shown['Grace']?.length === 2)
    expect(shown).toEqual({ Ada: ['Grace is here'], Grace: ['Ada is here', 'Ada: hello'] })
  } finally {
    await rm(directory, { recursive: true })
  }
})
