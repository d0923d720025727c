import { cp, mkdir, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const SITE = 'dist/site'

/**
 * What a page needs of the built site: its script, and everything that the script loads. Paths are below
 * `dist/site`.
 */
export async function pageScripts(): Promise<string[]> {
  const peer = await readdir(join(SITE, 'relay-worker'))
  return [
    'libp2p-websocket.js',
    'relay-worker.js',
    'rtc-lender.js',
    'native-relay.js',
    'rtc-pump.js',
    ...peer.filter((name) => name.endsWith('.js')).map((name) => `relay-worker/${name}`),
  ]
}

/** Copies these scripts, or all that a page needs, to another directory. */
export async function copyPageScripts(directory: string, names?: readonly string[]): Promise<void> {
  for (const name of names ?? (await pageScripts())) {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await cp(join(SITE, name), join(directory, name))
  }
}
