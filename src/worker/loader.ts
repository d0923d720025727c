/*
 * The SharedWorker's script, `/relay-worker.js`. It imports the peer, a module with chunks that load on
 * demand, and passes on the pages that connect in the meantime.
 *
 * It is a classic script because browsers reject a `new SharedWorker` of another type while a worker with the
 * same URL and name is running, and an older build may have left one.
 */
import type { ToTab } from './tab-messages.ts'

/** The part of SharedWorkerGlobalScope used here, for which TypeScript's DOM library has no types. */
interface SharedWorkerScope {
  readonly location: Location
  onconnect: ((event: MessageEvent) => void) | null
  close(): void
}

/** Relative to `/relay-worker.js`, wherever the site is. */
const PEER_MODULE = './relay-worker/main.js'
/** Pages that can wait for the peer. Beyond that the oldest is dropped; its tab connects again. */
const MAX_WAITING = 1024

const scope = globalThis as unknown as SharedWorkerScope
const waiting: MessagePort[] = []
let accept = (port: MessagePort): void => {
  waiting.push(port)
  if (waiting.length > MAX_WAITING) waiting.shift()?.close()
}

scope.onconnect = ({ ports: [port] }) => {
  if (port !== undefined) accept(port)
}

import(/* @vite-ignore */ PEER_MODULE).then(
  ({ connect }: { connect: (port: MessagePort) => void }) => {
    accept = connect
    for (const port of waiting.splice(0)) connect(port)
  },
  async (error: unknown) => {
    const problem = await currentProblem()
    if (problem === undefined && error instanceof TypeError) {
      // Only the HTTP cache was wrong, and it has been refreshed. The tabs connect again, to the next worker.
      scope.close()
      return
    }
    const cause = `${PEER_MODULE} can't be loaded: ${problem ?? String(error)}`
    accept = (port) => port.postMessage({ type: 'gone', epoch: '', cause } satisfies ToTab)
    for (const port of waiting.splice(0)) accept(port)
    scope.close()
  },
)

/**
 * Fetches the module past the HTTP cache. Resolves to what is wrong with the answer; undefined if nothing is.
 */
async function currentProblem(): Promise<string | undefined> {
  try {
    const { ok, status, headers } = await fetch(new URL(PEER_MODULE, scope.location.href), {
      cache: 'reload',
    })
    if (!ok) return `the server answers with status ${status}`
    const type = headers.get('content-type') ?? 'no type'
    return type.includes('javascript') ? undefined : `the server answers with ${type} instead of JavaScript`
  } catch (error) {
    return `the server does not answer: ${String(error)}`
  }
}
