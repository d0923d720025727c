import '../support/polyfill.ts'
import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Client, FoundPeer, PeerFinder } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'
import { wsHost } from '../support/hosts.ts'
import { browserAddressOf, startNodePeer } from '../support/node-peer.ts'
import { makeRelay } from '../support/peers.ts'

const NAMESPACE = 'tea'

const cleanups: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** The address of a circuit relay, which is a rendezvous point too. */
async function startPoint(): Promise<string> {
  const node = await startNodePeer([])
  cleanups.push(() => node.stop())
  return await browserAddressOf(node)
}

/** A page of a peer that, like a browser, can be dialled only through these circuit relays. */
async function startPage(relays: string[]): Promise<Client> {
  // On a busy machine, a reservation may take longer than a page would wait.
  const bounds = { identifyTimeoutMs: 30_000 }
  const relay = makeRelay({ network: { relays, reservations: 1 }, listen: [], bounds })
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = await connect(served.url ?? '', { WebSocket })
  cleanups.push(() => client.close())
  return client
}

async function next(finder: PeerFinder): Promise<FoundPeer> {
  const { value } = await finder[Symbol.asyncIterator]().next()
  if (value === undefined) throw new Error('the finder has ended')
  return value
}

test('two pages behind one circuit relay find each other by a namespace, and dial by ID', async () => {
  const point = await startPoint()
  const [one, other] = [await startPage([point]), await startPage([point])]
  const finders = [one.findPeers(NAMESPACE), other.findPeers(NAMESPACE)] as const
  expect(await Promise.all(finders.map(next))).toEqual([
    { peer: other.peer, addresses: other.addresses },
    { peer: one.peer, addresses: one.addresses },
  ])
  const listener = await other.listen('/x/tea')
  const connection = await one.dial(other.peer, '/x/tea')
  connection.send(Uint8Array.of(7))
  for await (const accepted of listener) {
    for await (const message of accepted) {
      expect(message).toEqual(Uint8Array.of(7))
      return
    }
  }
})

/** Runs a block of the docs that has been given the name `client`, with a console that calls `log`. */
async function runDocs(block: string, client: Client, log: (line: string) => void): Promise<void> {
  const connected = 'const client = await connect(relayUrl(location.href))'
  expect(block).toContain(connected)
  const body = block.replace(/^import .*$/mu, '').replace(connected, '')
  // oxlint-disable-next-line typescript/no-implied-eval, typescript/no-unsafe-call -- the docs are code
  await new Function('client', 'console', `return (async () => {${body}})()`)(client, { log })
}

test('the two pages of docs/use-in-your-app.md find each other, and one greets the other', async () => {
  const docs = readFileSync('docs/use-in-your-app.md', 'utf8')
  const [greeting, asking] = [...docs.matchAll(/^```js client\n(.*?)^```/gmsu)].map(([, code = '']) => code)
  if (greeting === undefined || asking === undefined) throw new Error('a block is missing')
  const point = await startPoint()
  const [one, other] = [await startPage([point]), await startPage([point])]
  const greeted = new Promise<string>((resolve) => {
    // Both run until the relay of their page is stopped, and fail then.
    void runDocs(greeting, one, () => undefined).catch(() => undefined)
    void runDocs(asking, other, resolve).catch(() => undefined)
  })
  expect(await greeted).toBe('hello')
})
