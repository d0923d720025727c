import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Which rooms of `src/` a room may import from, as `docs/architecture.md` has it. */
const MAY_IMPORT: Record<string, string[]> = {
  protocol: [],
  status: [],
  relay: ['protocol', 'status'],
  websocket: [],
  rtc: [],
  admin: ['protocol', 'relay', 'status'],
  worker: ['relay', 'websocket', 'rtc', 'admin', 'status'],
  page: ['websocket', 'rtc', 'worker', 'status'],
  folders: [],
  html: [],
  'service-worker': ['folders', 'html'],
  node: ['html', 'relay', 'admin', 'status'],
  client: ['protocol'],
  site: ['client', 'protocol', 'admin', 'folders', 'service-worker', 'status'],
}

/** Rooms that need nothing but the platform. */
const NO_PACKAGES = ['protocol', 'status', 'websocket', 'rtc', 'client']
/** What a host has and the core must not know of. */
const HOST_NAMES =
  /\b(?:window|document|navigator|process|MessagePort|MessageChannel|setImmediate|localStorage)\b/u

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join('src', name))

const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import) '([^']+)'/gu)].flatMap(
    ([, target]) => target ?? [],
  )

const roomOf = (file: string): string => relative('src', file).split('/')[0] ?? ''

describe('the house', () => {
  test('has no rooms that the plan does not know', () => {
    for (const file of files) expect(Object.keys(MAY_IMPORT)).toContain(roomOf(file))
  })

  test('has imports only where an arrow of the plan goes', () => {
    for (const file of files) {
      const room = roomOf(file)
      for (const target of importsOf(file)) {
        if (!target.startsWith('.')) {
          expect(NO_PACKAGES, `${file} imports the package ${target}`).not.toContain(room)
          continue
        }
        const imported = normalize(join(dirname(file), target))
        const other = roomOf(imported)
        if (other !== room) expect(MAY_IMPORT[room], `${file} imports ${imported}`).toContain(other)
        if (room === 'page' && other === 'worker') {
          expect(['src/worker/tab-messages.ts', 'src/worker/life-lock.ts']).toContain(imported)
        }
        if (room === 'site' && other === 'service-worker') {
          expect(imported).toBe('src/service-worker/page-messages.ts')
        }
        if (room === 'site' && other === 'admin') expect(imported).toBe('src/admin/messages.ts')
      }
    }
  })

  test('keeps protocol and core free of any host', () => {
    for (const file of files.filter((name) => ['protocol', 'status', 'relay'].includes(roomOf(name)))) {
      const code = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/gu, '')
      expect(HOST_NAMES.exec(code)?.[0], file).toBeUndefined()
    }
  })

  test('has no timeout that Node may collect before it comes', () => {
    const using = files.filter((name) => readFileSync(name, 'utf8').includes('AbortSignal.timeout('))
    expect(using.filter((name) => ['relay', 'admin', 'node'].includes(roomOf(name)))).toEqual([
      'src/relay/timeouts.ts',
    ])
  })
})
