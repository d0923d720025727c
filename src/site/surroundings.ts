import { relayUrl } from '../client/index.ts'
import type { Surroundings } from './relay-words.ts'

/** What this page runs in: for the entries of pages only. */
export const surroundings: Surroundings = {
  sharedWorkers: 'SharedWorker' in globalThis,
  native: new URLSearchParams(location.search).has('native'),
  relayUrl: relayUrl(location.href),
}
