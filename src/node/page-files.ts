import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** The scripts that a page's site must serve beside each other. The first one is the page's script tag. */
const SCRIPTS = [
  'libp2p-websocket.js',
  'relay-worker.js',
  'rtc-lender.js',
  'rtc-pump.js',
  'native-relay.js',
] as const
/** The modules that `relay-worker.js` imports; those that aren't the entry have hashed names. */
const MODULES_DIRECTORY = 'relay-worker'
/** The peer's list of circuit relays, which belongs to the site and not to the build. */
export const NETWORK_FILE = 'network.json'

/** Reads what a site needs so that its pages have a peer. */
export interface PageFiles {
  /** The names of the files, with `/` between directories; none of them is {@link NETWORK_FILE}. */
  readonly names: readonly string[]
  read(name: string): Promise<Buffer>
}

/**
 * Finds the files that pages load, with the licences of what is bundled in them, in the directory of a built
 * site. Rejects if that isn't one.
 */
export async function findPageFiles(siteDirectory: string): Promise<PageFiles> {
  const modules = await readdir(join(siteDirectory, MODULES_DIRECTORY))
  const names = [
    ...SCRIPTS,
    ...SCRIPTS.map((name) => `${name}.licenses.md`),
    ...modules.map((name) => `${MODULES_DIRECTORY}/${name}`),
  ].filter((name) => /\.(?:js|md)$/u.test(name))
  const existing = new Set(await readdir(siteDirectory))
  const isThere = (name: string): boolean => name.includes('/') || existing.has(name)
  const missing = SCRIPTS.find((name) => !isThere(name))
  if (missing !== undefined) throw new Error(`${join(siteDirectory, missing)} is missing`)
  return {
    names: names.filter(isThere),
    read: (name) => readFile(join(siteDirectory, name)),
  }
}

/** A `network.json` that names no circuit relay, for a site that has none yet. */
export const EMPTY_NETWORK_FILE = `${JSON.stringify(
  { relays: [], bootstrap: [], delegatedRouting: [], iceServers: [] },
  undefined,
  2,
)}\n`
