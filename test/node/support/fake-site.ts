import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Makes a directory like that of a built site. The content of each file is its name. */
export function fakeSite(directory: string): void {
  mkdirSync(join(directory, 'relay-worker'), { recursive: true })
  for (const name of [
    'index.html',
    'libp2p-websocket.js',
    'libp2p-websocket.js.gz',
    'libp2p-websocket.js.map',
    'libp2p-websocket.js.licenses.md',
    'relay-worker.js',
    'rtc-lender.js',
    'rtc-pump.js',
    'native-relay.js',
    'network.json',
    'relay-worker/main.js',
    'relay-worker/main.js.map',
    'relay-worker/dht-1.js',
    'relay-worker/licenses.md',
  ])
    writeFileSync(join(directory, name), name)
}
