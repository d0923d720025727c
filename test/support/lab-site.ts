import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NetworkConfig } from '../../src/relay/index.ts'
import { bundle } from './bundle.ts'
import { pageScripts } from './page-scripts.ts'
import { serveSite } from './site.ts'

/**
 * A site as a static host serves it: the built scripts, a bare page `/lab.html`, and a `/network.json` that
 * tests write.
 */
export interface LabSite {
  origin: string
  /** The files served, by path; `/network.json` is one of them. */
  files: Record<string, string>
  close(): Promise<void>
}

/** Serves the site; `entry` is the module that the page has as the global `name`. */
export async function serveLab(
  entry: string,
  name: string,
  network: Partial<NetworkConfig>,
): Promise<LabSite> {
  const files: Record<string, string> = {
    '/network.json': JSON.stringify(network),
    '/client.js': await bundle(entry, name),
    '/lab.html': `<!doctype html><html><head><script src="/libp2p-websocket.js"></script><script src="/client.js"></script>
<script>var lab = {}</script><title>lab</title></head><body></body></html>`,
  }
  for (const script of await pageScripts())
    files[`/${script}`] = await readFile(join('dist/site', script), 'utf8')
  return { ...(await serveSite(files)), files }
}
