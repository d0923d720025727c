import '../support/polyfill.ts'
import { afterEach, describe, expect, test } from 'vitest'
import type { Client, Connection, DialOptions, ListenOptions } from '../../src/client/index.ts'
import { startReferencePeer } from '../support/peers.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { startClientOfRelay } from '../support/client-of-relay.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/link'

const cleanups: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const start = (options: Parameters<typeof startClientOfRelay>[1] = {}): Promise<Client> =>
  startClientOfRelay(cleanups, options)

interface Pair {
  near: Connection
  far: Connection
  /** What lies between the two peers. */
  proxy: TcpProxy
}

/** Two clients of different peers, connected over a link that can be cut. */
async function connectPair(dialOptions: DialOptions = {}, listenOptions: ListenOptions = {}): Promise<Pair> {
  const [near, far] = [await start({ listen: [] }), await start()]
  const proxy = await startTcpProxy(Number(/tcp\/(\d+)/u.exec(far.addresses[0] ?? '')?.[1]))
  cleanups.push(() => proxy.close())
  const listener = await far.listen(PROTOCOL, listenOptions)
  const target = { peer: far.peer, addrs: [`/ip4/127.0.0.1/tcp/${proxy.port}`] }
  const dialled = await near.dial(target, PROTOCOL, dialOptions)
  const { value: accepted } = await listener[Symbol.asyncIterator]().next()
  if (accepted === undefined) throw new Error('the listener has ended')
  return { near: dialled, far: accepted, proxy }
}

/** The links of a connection from now on. */
function linksOf(connection: Connection): unknown[] {
  const links: unknown[] = [connection.link]
  connection.addEventListener('linkchange', () => links.push(connection.link))
  return links
}

describe('the link of a connection', () => {
  test('is interrupted while it is lost, and direct again once there is another', async () => {
    const { near, far, proxy } = await connectPair()
    const links = [linksOf(near), linksOf(far)]
    proxy.reset()
    near.send(Uint8Array.of(1))
    await until('both to be interrupted', () => near.link === 'interrupted' && far.link === 'interrupted')
    proxy.restore()
    const { value } = await far[Symbol.asyncIterator]().next()
    expect(value).toEqual(Uint8Array.of(1))
    await until('both to be direct', () => near.link === 'direct' && far.link === 'direct')
    for (const seen of links) expect(seen).toEqual(['direct', 'interrupted', 'direct'])
  })

  test('is relayed through a circuit relay', async () => {
    const circuitRelay = await startReferencePeer({ relay: true })
    cleanups.push(async () => await circuitRelay.stop())
    const network = { relays: circuitRelay.getMultiaddrs().map(String) }
    const [near, far] = [await start({ listen: [], network }), await start({ listen: [], network })]
    const listener = await far.listen(PROTOCOL)
    const dialled = await near.dial({ peer: far.peer, addrs: far.addresses }, PROTOCOL)
    const { value: accepted } = await listener[Symbol.asyncIterator]().next()
    expect([dialled.link, accepted?.link]).toEqual(['relayed', 'relayed'])
  })

  test('is local between two clients of one peer', async () => {
    const client = await start({ listen: [] })
    const listener = await client.listen(PROTOCOL)
    const dialled = await client.dial(client.peer, PROTOCOL)
    const { value: accepted } = await listener[Symbol.asyncIterator]().next()
    expect([dialled.link, accepted?.link]).toEqual(['local', 'local'])
  })
})

test.each([
  { who: 'who dials', dialOptions: { lasting: false }, listenOptions: {} },
  { who: 'who listens', dialOptions: {}, listenOptions: { lasting: false } },
])('a connection ends with its link if the side $who says so', async ({ dialOptions, listenOptions }) => {
  const { near, far, proxy } = await connectPair(dialOptions, listenOptions)
  const links = [linksOf(near), linksOf(far)]
  proxy.reset()
  for (const { closed } of [near, far])
    expect(await closed).toEqual({ reason: expect.stringMatching(/^connection lost: /u), clean: false })
  for (const seen of links) expect(seen).toEqual(['direct'])
})
