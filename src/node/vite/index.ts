import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import type { LibP2PWebSocketOptions } from './plugin.ts'
import { pagePlugin } from './plugin.ts'

export type { LibP2PWebSocketOptions } from './plugin.ts'

/**
 * A Vite plugin that gives an application's pages a libp2p peer. It serves the peer's scripts in development,
 * emits them beside the pages in a build, and puts the script tag into each page. It honours `base`.
 */
export function libp2pWebSocket(options?: LibP2PWebSocketOptions): Plugin {
  return pagePlugin(fileURLToPath(new URL('../site', import.meta.url)), options)
}
