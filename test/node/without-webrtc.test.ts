import { cp, mkdir, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { RelayStatus } from '../../src/status/index.ts'
import { diagnose } from '../../src/status/index.ts'
import { until } from '../support/until.ts'
import type { CommandProcess } from './support/command-process.ts'
import { bundleCommand, startCommand } from './support/command-process.ts'

const LOCAL = ['-port=0', '-start', '-nopeers']
let home: string
let path: string
const started: CommandProcess[] = []

// As on a platform without a binary of node-datachannel: the package is there, and cannot be loaded.
beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'without-webrtc-')))
  const command = await bundleCommand('src/node/main.ts')
  await cp(dirname(dirname(dirname(command.path))), home, { recursive: true })
  await command.remove()
  path = join(home, 'dist/node/main.js')
  await mkdir(join(home, 'node_modules/node-datachannel'), { recursive: true })
  const broken = { type: 'module', exports: { '.': './broken.js', './polyfill': './broken.js' } }
  await writeFile(join(home, 'node_modules/node-datachannel/package.json'), JSON.stringify(broken))
  await writeFile(
    join(home, 'node_modules/node-datachannel/broken.js'),
    [
      'export const IceUdpMuxListener = undefined, PeerConnection = undefined',
      'export const RTCPeerConnection = undefined, RTCIceCandidate = undefined, RTCSessionDescription = undefined',
      "throw new Error('no binary for this platform')",
    ].join('\n'),
  )
})

afterEach(async () => {
  for (const { child } of started) child.kill('SIGKILL')
  await Promise.all(started.splice(0).map(({ ended }) => ended))
})

afterAll(async () => {
  await rm(home, { recursive: true, force: true })
})

function start(...argv: string[]): CommandProcess {
  const running = startCommand(path, argv, { HOME: home })
  started.push(running)
  return running
}

test.each([['-version'], ['-h']])('%s works where WebRTC cannot be loaded', async (flag) => {
  const running = start(flag)
  expect(await running.ended).toBe(0)
  expect(running.stdout).not.toBe('')
  expect(running.stderr).toBe('')
})

test('without WebRTC the peer runs, and says in one line and in its status that WebRTC is missing', async () => {
  const running = start(...LOCAL)
  const port = await running.listening()
  expect(running.stderr).toBe(
    'libp2p-websocket: there is no WebRTC, so browsers can reach this peer only over WebSocket: no binary for this platform\n',
  )
  const status = await until('the peer', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/status.json`)
    const told = (await answer.json()) as RelayStatus
    return told.peer === undefined ? undefined : told
  })
  expect(status.transports).toEqual(
    expect.arrayContaining([
      { name: 'tcp', able: true },
      { name: 'webrtc', able: false, why: 'unsupported' },
      { name: 'webrtc-direct', able: false, why: 'unsupported' },
    ]),
  )
  const finding = diagnose(status).find(({ id }) => id === 'webrtc-unsupported')
  expect(finding?.text).toContain('node-datachannel')
})

test('where its package is not installed, the command says how to add WebRTC', async () => {
  const installed = join(home, 'node_modules/node-datachannel')
  await rename(installed, `${installed}-away`)
  try {
    const running = start(...LOCAL)
    await running.listening()
    await until('all lines', () => running.stdout.includes('Press Ctrl+C'))
    expect(running.stdout).toContain('WebRTC   off; run “npm install node-datachannel” to add it\n')
    expect(running.stderr).toBe('')
  } finally {
    await rename(`${installed}-away`, installed)
  }
})

test('without WebRTC a listening address that needs it ends the command, and the error names the address', async () => {
  const running = start(...LOCAL, '-listen', '/ip4/127.0.0.1/udp/0/webrtc-direct')
  expect(await running.ended).toBe(1)
  expect(running.stderr).toBe(
    'libp2p-websocket: cannot listen on /ip4/127.0.0.1/udp/0/webrtc-direct, because there is no WebRTC: no binary for this platform\n',
  )
})
