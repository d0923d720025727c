/**
 * The classic script of the SharedWorker, `/relay-worker.js`: it imports the peer, which is a module with chunks that are loaded on
 * demand, and hands it the pages that connect meanwhile.
 *
 * It stays a classic script because browsers refuse a `new SharedWorker` of another type while a worker with the same URL and name
 * runs, which an older build may have left.
 */
import type { ToTab } from './tab-messages.ts'

/** What this file needs of the SharedWorkerGlobalScope, of which TypeScript's DOM library has no types. */
interface SharedWorkerScope {
  readonly location: Location
  onconnect: ((event: MessageEvent) => void) | null
  close(): void
}

/** Beside `/relay-worker.js`, whatever that is called by its URL. */
const PEER = './relay-worker/main.js'
/** Pages that may wait for the peer; with more of them, the first ones connect again by themselves. */
const MAX_WAITING = 1024

const scope = globalThis as unknown as SharedWorkerScope
const waiting: MessagePort[] = []
let take = (port: MessagePort): void => {
  waiting.push(port)
  if (waiting.length > MAX_WAITING) waiting.shift()?.close()
}

scope.onconnect = ({ ports: [port] }) => {
  if (port !== undefined) take(port)
}

import(/* @vite-ignore */ PEER).then(
  ({ connect }: { connect: (port: MessagePort) => void }) => {
    take = connect
    for (const port of waiting.splice(0)) connect(port)
  },
  async (error: unknown) => {
    const problem = await currentProblem()
    if (problem === undefined && error instanceof TypeError) {
      // Only the cache had a wrong answer, and now has the right one. The pages connect again, to the next worker.
      scope.close()
      return
    }
    const cause = `${PEER} can't be used: ${problem ?? String(error)}`
    take = (port) => port.postMessage({ type: 'gone', epoch: '', cause } satisfies ToTab)
    for (const port of waiting.splice(0)) take(port)
    scope.close()
  },
)

/** What is wrong with the server's answer, asked past the cache; undefined if nothing is. */
async function currentProblem(): Promise<string | undefined> {
  try {
    const { ok, status, headers } = await fetch(new URL(PEER, scope.location.href), { cache: 'reload' })
    if (!ok) return `the server answers with status ${status}`
    const type = headers.get('content-type') ?? 'no type'
    return type.includes('javascript') ? undefined : `the server answers with ${type} instead of JavaScript`
  } catch (error) {
    return `the server does not answer: ${String(error)}`
  }
}
