// Compiles what an application writes against the built package, with the oldest TypeScript that is supported
// and with the newest, each part with the libraries that it has where it runs.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The oldest TypeScript that is supported, and the one that compiles the package. */
const COMPILERS = {
  oldest: fileURLToPath(new URL('node_modules/typescript/bin/tsc', import.meta.url)),
  newest: fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url)),
}

/** @type {{ name: string, lib: string[], types: string[], source: string }[]} */
const PARTS = [
  {
    name: 'page',
    lib: ['esnext', 'dom'],
    types: [],
    source: `import { connect, relayUrl } from 'libp2p-websocket'
const client = await connect(relayUrl('http://localhost/'))
const connection = await client.dial({ peer: 'x', addrs: [] }, '/x', { lasting: false })
connection.addEventListener('linkchange', () => console.log(connection.link))
for await (const message of connection) console.log(message.byteLength)
`,
  },
  {
    name: 'room',
    lib: ['esnext', 'dom'],
    types: [],
    source: `import { joinRoom } from 'libp2p-websocket/room'
interface Calls { sum: { argument: number[]; answer: number } }
const room = await joinRoom<{ text: string }, { name: string }, Calls>('tea', { state: { name: 'Ada' } })
room.addEventListener('message', ({ member, data }) => console.log(member.state?.name, data.text))
room.handle('sum', (numbers) => numbers.length)
for (const member of room.members.values()) console.log((await room.request(member, 'sum', [1, 2])).toFixed())
`,
  },
  {
    name: 'rtc-page',
    lib: ['esnext', 'dom'],
    types: [],
    source: `import { lendWebRTC } from 'libp2p-websocket/rtc'
lendWebRTC(new MessageChannel().port1, { pump: '/rtc-pump.js', RTCPeerConnection: globalThis.RTCPeerConnection })
`,
  },
  {
    name: 'rtc-worker',
    lib: ['esnext', 'webworker'],
    types: [],
    source: `import { createBorrowedRtc, LenderLostError } from 'libp2p-websocket/rtc'
createBorrowedRtc().install(globalThis)
console.log(LenderLostError.name)
`,
  },
  {
    name: 'websocket-worker',
    lib: ['esnext', 'webworker'],
    types: [],
    source: `import { acceptWebSocket } from 'libp2p-websocket/websocket'
console.log(acceptWebSocket)
`,
  },
  {
    name: 'node',
    lib: ['esnext', 'dom'],
    types: ['node'],
    source: `import { LastingStreams } from 'libp2p-websocket/lasting'
import { createServer } from 'libp2p-websocket/node'
import { Relay } from 'libp2p-websocket/relay'
import { libp2pWebSocket } from 'libp2p-websocket/vite'
console.log(LastingStreams, createServer, Relay, libp2pWebSocket({ inject: false }))
`,
  },
]

const directory = mkdtempSync(join(tmpdir(), 'consumer-'))
let failed = false
try {
  mkdirSync(join(directory, 'node_modules'))
  symlinkSync(process.cwd(), join(directory, 'node_modules/libp2p-websocket'))
  symlinkSync(join(process.cwd(), 'node_modules/@types'), join(directory, 'node_modules/@types'))
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
  for (const { name, lib, types, source } of PARTS) {
    writeFileSync(join(directory, `${name}.ts`), source)
    const options = {
      noEmit: true,
      strict: true,
      skipLibCheck: false,
      target: 'es2022',
      module: 'nodenext',
      moduleResolution: 'nodenext',
      lib,
      types,
    }
    writeFileSync(
      join(directory, `${name}.json`),
      JSON.stringify({ compilerOptions: options, files: [`${name}.ts`] }),
    )
    for (const [typescript, compiler] of Object.entries(COMPILERS)) {
      try {
        execFileSync(process.execPath, [compiler, '-p', join(directory, `${name}.json`)], { stdio: 'pipe' })
      } catch (error) {
        failed = true
        const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)
        console.error(`${name} with the ${typescript} TypeScript:\n${output}`)
      }
    }
  }
} finally {
  rmSync(directory, { recursive: true })
}
process.exit(failed ? 1 : 0)
