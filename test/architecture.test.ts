import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, dirname, join, normalize, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

/** Which rooms of `src/` a room may import from, as in `docs/architecture.md`. */
const MAY_IMPORT: Record<string, string[]> = {
  platform: [],
  protocol: [],
  lasting: [],
  status: ['platform'],
  html: [],
  folders: ['platform'],
  relay: ['platform', 'protocol', 'status', 'lasting'],
  websocket: ['platform'],
  rtc: ['platform'],
  admin: ['protocol', 'relay', 'status'],
  worker: ['platform', 'relay', 'websocket', 'rtc', 'admin', 'status'],
  page: ['platform', 'websocket', 'rtc', 'worker', 'status'],
  'service-worker': ['platform', 'folders', 'html'],
  node: ['platform', 'html', 'protocol', 'client', 'relay', 'admin', 'status'],
  client: ['protocol'],
  room: ['client'],
  yjs: ['room'],
  site: ['platform', 'client', 'protocol', 'admin', 'folders', 'service-worker', 'status'],
}

/**
 * Which of its neighbours an inner room may import from. Files of the outer room itself are open to all of
 * its inner rooms.
 */
const MAY_IMPORT_INSIDE: Record<string, Record<string, string[]>> = {
  relay: {
    addresses: [],
    libp2p: ['addresses'],
    discovery: ['addresses', 'libp2p'],
    reservations: ['addresses', 'libp2p'],
    rendezvous: ['addresses'],
    dialing: ['addresses', 'libp2p', 'discovery'],
    lasting: ['libp2p', 'dialing'],
    clients: ['addresses', 'libp2p', 'dialing'],
  },
  websocket: { page: [], server: [] },
  rtc: {
    messages: [],
    standard: ['messages'],
    pump: ['messages', 'standard'],
    lend: ['messages', 'standard', 'pump'],
    borrow: ['messages', 'standard', 'pump'],
  },
  node: { forward: [], peer: ['forward'], http: ['peer'], cli: ['http', 'peer', 'forward'], vite: [] },
}

/** Rooms that need nothing but the platform. */
const NO_PACKAGES = ['platform', 'protocol', 'status', 'websocket', 'rtc', 'client', 'room']
/** What belongs to a host, and must not be known to the core. */
const HOST_NAMES =
  /\b(?:window|document|navigator|process|MessagePort|MessageChannel|setImmediate|localStorage)\b/u

/** Names that only js-libp2p's private parts have, and assignments to a prototype. */
const PRIVATE_PARTS =
  /(?<!#)\b(?:maConn|muxer|routingTable|reservationStore|relayFilter|readBuffer|incomingData|_connect)\b|\.prototype\.\w+ =/u

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join('src', name))

const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import) '([^']+)'/gu)].flatMap(
    ([, target]) => target ?? [],
  )

const roomOf = (file: string): string => relative('src', file).split('/')[0] ?? ''

/** The inner room of a file, if its room has any. */
const innerRoomOf = (file: string): string | undefined => {
  const [room = '', inner, name] = relative('src', file).split('/')
  return name !== undefined && room in MAY_IMPORT_INSIDE ? inner : undefined
}

const localImportsOf = (file: string): string[] =>
  importsOf(file)
    .filter((target) => target.startsWith('.'))
    .map((target) => normalize(join(dirname(file), target)))

describe('the rooms of src/', () => {
  test('have the files that docs/architecture.md and CONTRIBUTING.md name by their whole path', () => {
    for (const document of ['docs/architecture.md', 'CONTRIBUTING.md']) {
      const text = readFileSync(document, 'utf8')
      const named = [...text.matchAll(/(?:src|test|bench|build)\/[\w./-]*[\w/](?![\w*])/gu)].map(
        ([path]) => path,
      )
      expect(
        named.filter((path) => !existsSync(path)),
        document,
      ).toEqual([])
    }
  })

  test('are in the table of docs/architecture.md, with what they may import', () => {
    const text = readFileSync('docs/architecture.md', 'utf8')
    const rows = [...text.matchAll(/^\| `([a-z-]+)\/` \|.*\| ([^|]+) \|$/gmu)]
    const documented = rows
      .filter(([, room = '']) => room in MAY_IMPORT)
      .map(([, room = '', imports = '']) => [
        room,
        (imports.match(/[a-z-]+/gu) ?? []).filter((word) => word in MAY_IMPORT).toSorted(),
      ])
    const allowed = Object.entries(MAY_IMPORT).map(([room, imports]) => [room, imports.toSorted()])
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(allowed))
  })

  test('are all in the plan', () => {
    for (const file of files) expect(Object.keys(MAY_IMPORT)).toContain(roomOf(file))
  })

  test('import only along the arrows of the plan', () => {
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

  test('have inner rooms that import only along the arrows of the plan', () => {
    for (const file of files) {
      const inner = innerRoomOf(file)
      if (inner === undefined) continue
      const arrows = MAY_IMPORT_INSIDE[roomOf(file)]?.[inner]
      expect(arrows, `${file} is in a room that the plan does not know`).toBeDefined()
      for (const imported of localImportsOf(file)) {
        const other = innerRoomOf(imported)
        if (roomOf(imported) !== roomOf(file) || other === undefined || other === inner) continue
        expect(arrows, `${file} imports ${imported}`).toContain(other)
      }
    }
  })

  test('have no import cycle, not even of types', () => {
    const done = new Set<string>()
    const visit = (file: string, path: string[]): void => {
      if (done.has(file) || !files.includes(file)) return
      const start = path.indexOf(file)
      expect(start < 0 ? [] : [...path.slice(start), file]).toEqual([])
      for (const imported of localImportsOf(file)) visit(imported, [...path, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
  })

  test('keep protocol and core free of any host', () => {
    for (const file of files.filter((name) => ['protocol', 'status', 'relay'].includes(roomOf(name)))) {
      const code = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/gu, '')
      expect(HOST_NAMES.exec(code)?.[0], file).toBeUndefined()
    }
  })

  test("touch private parts of js-libp2p only in folders named libp2p, each file of which is listed in the folder's README", () => {
    const outside = files.filter(
      (name) => ['relay', 'node', 'worker'].includes(roomOf(name)) && !name.includes('/libp2p/'),
    )
    for (const file of outside) {
      const code = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/gu, '')
      expect(PRIVATE_PARTS.exec(code)?.[0], file).toBeUndefined()
    }
    for (const file of files.filter((name) => name.includes('/libp2p/'))) {
      expect(readFileSync(join(dirname(file), 'README.md'), 'utf8'), file).toContain(
        `| \`${basename(file)}\` |`,
      )
    }
  })

  test('have no timeout that Node may garbage-collect before it fires', () => {
    const using = files.filter((name) => readFileSync(name, 'utf8').includes('AbortSignal.timeout('))
    expect(using.filter((name) => ['relay', 'admin', 'node'].includes(roomOf(name)))).toEqual([
      'src/relay/timeouts.ts',
    ])
  })
})
