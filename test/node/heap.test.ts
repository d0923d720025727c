import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { connect } from '../../src/client/index.ts'
import { until } from '../support/until.ts'
import type { BundledCommand } from './support/command-process.ts'
import { bundleCommand, startCommand } from './support/command-process.ts'

const MESSAGE_BYTES = 65_536
const MESSAGES = 8000
/** None are expected. Without the heap limits that the command sets in V8 there were 21 to 40. */
const MAX_COLLECTIONS = 10

let command: BundledCommand
let configuration: string

beforeAll(async () => {
  command = await bundleCommand('src/node/main.ts')
  configuration = await mkdtemp(join(tmpdir(), 'libp2p-websocket-heap-'))
})

afterAll(async () => {
  await command.remove()
  await rm(configuration, { recursive: true, force: true })
})

test("after an idle period, messages that pass through don't make V8 collect the whole heap again and again", async () => {
  const counter = pathToFileURL(resolve('test/node/support/count-collections.js'))
  const relay = startCommand(
    command.path,
    ['-port', '0', '-start', '-nopeers', '-listen', '/ip4/127.0.0.1/tcp/0'],
    { XDG_CONFIG_HOME: configuration, NODE_OPTIONS: `--import ${counter.href}` },
  )
  try {
    const url = `ws://127.0.0.1:${await relay.listening()}/libp2p`
    const sink = await connect(url, { WebSocket })
    const source = await connect(url, { WebSocket })
    const listener = await sink.listen('/x/heap', { frames: false })
    const sending = await source.dial(sink.peer, '/x/heap', { frames: false })
    const { value: receiving } = await listener[Symbol.asyncIterator]().next()
    if (receiving === undefined) throw new Error('no connection arrived')
    relay.child.kill('SIGUSR2')
    await until('it to rest', () => relay.stderr.includes('rested'))
    const message = new Uint8Array(MESSAGE_BYTES)
    void (async () => {
      for (let left = MESSAGES; left > 0; left--) if (!sending.send(message)) await sending.drain()
    })()
    let bytes = 0
    for await (const chunk of receiving) {
      bytes += chunk.byteLength
      if (bytes === MESSAGES * MESSAGE_BYTES) break
    }
    const before = relay.stderr.length
    relay.child.kill('SIGUSR2')
    const collections = await until(
      'the count',
      () => /^collections: (?<count>\d+)$/mu.exec(relay.stderr.slice(before))?.groups?.['count'],
    )
    expect(Number(collections)).toBeLessThanOrEqual(MAX_COLLECTIONS)
    source.close()
    sink.close()
  } finally {
    relay.child.kill()
    await relay.ended
  }
})
