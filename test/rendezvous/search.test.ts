import '../support/polyfill.ts'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Client, FoundPeer, PeerFinder } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'
import { formatKey, webSocketTransport } from '../../src/relay/index.ts'
import type { NetworkConfig, Relay } from '../../src/relay/index.ts'
import type { NodeRelay } from '../../src/node/peer/node-relay.ts'
import { MAX_PAGES, PAGE_SIZE } from '../../src/relay/rendezvous/limits.ts'
import type { Registration } from '../../src/relay/rendezvous/messages.ts'
import type { RelayStatus } from '../../src/status/index.ts'
import { tcp } from '@libp2p/tcp'
import { wsHost } from '../support/hosts.ts'
import { browserAddressOf, startNodePeer } from '../support/node-peer.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import type { Answering } from '../support/rendezvous.ts'
import { serveRendezvous, strangerIn } from '../support/rendezvous.ts'
import { until } from '../support/until.ts'

const NAMESPACE = 'tea'

const cleanups: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startPoint(more: Parameters<typeof startNodePeer>[2] = {}): Promise<NodeRelay> {
  const node = await startNodePeer([], {}, more)
  cleanups.push(() => node.stop())
  return node
}

/** The number of registrations at a point. */
function registrationsAt(node: NodeRelay): number | undefined {
  return (node.status() as RelayStatus).peer?.rendezvousService?.registrations
}

/** Identify need not wait for a reservation, because these peers want none. */
const NO_WAIT = { identifyTimeoutMs: 1 }

/** A peer with its pages. */
class Host {
  readonly relay: Relay
  readonly #url: string

  private constructor(relay: Relay, url: string) {
    this.relay = relay
    this.#url = url
  }

  /** Starts a peer that listens on loopback, unless `listen` is empty. */
  static async start(
    network: Partial<NetworkConfig>,
    more: Parameters<typeof makeRelay>[0] = {},
  ): Promise<Host> {
    const relay = makeRelay({ network: { reservations: 0, ...network }, bounds: NO_WAIT, ...more })
    const served = await wsHost.serve(relay)
    cleanups.push(
      () => relay.stop(),
      () => served.close(),
    )
    return new Host(relay, served.url ?? '')
  }

  async open(): Promise<Client> {
    const client = await connect(this.#url, { WebSocket })
    cleanups.push(() => client.close())
    return client
  }

  get points(): NonNullable<NonNullable<RelayStatus['peer']>['rendezvous']>['points'] {
    return this.relay.status().peer?.rendezvous?.points ?? []
  }
}

async function next(finder: PeerFinder): Promise<FoundPeer> {
  const { value } = await finder[Symbol.asyncIterator]().next()
  if (value === undefined) throw new Error('the finder has ended')
  return value
}

/** Resolves when the finder has found this peer, whoever else it finds. */
async function found(finder: PeerFinder, peer: string): Promise<FoundPeer> {
  for (;;) {
    const one = await next(finder)
    if (one.peer === peer) return one
  }
}

describe('a registration', () => {
  test('is shared by the pages of a peer, and ends with the last of them', async () => {
    const point = await startPoint()
    const host = await Host.start({ relays: [await browserAddressOf(point)] })
    const [one, other] = [await host.open(), await host.open()]
    const finder = one.findPeers(NAMESPACE)
    const otherFinder = other.findPeers(NAMESPACE)
    await until('the registration', () => registrationsAt(point) === 1)
    finder.close()
    one.findPeers('another')
    await until('the other registration', () => registrationsAt(point) === 2)
    await until('its answer', () => host.points[0]?.registrations === 2)
    expect(host.points).toMatchObject([{ ignored: 0 }])
    otherFinder.close()
    await until('the end of the first', () => registrationsAt(point) === 1)
    one.close()
    await until('the end of all', () => registrationsAt(point) === 0)
    expect(host.relay.status().peer?.rendezvous).toBeUndefined()
  })

  test('ends when its peer stops', async () => {
    const point = await startPoint()
    const host = await Host.start({ relays: [await browserAddressOf(point)] })
    const client = await host.open()
    client.findPeers(NAMESPACE)
    await until('the registration', () => registrationsAt(point) === 1)
    await host.relay.stop()
    await until('its end', () => registrationsAt(point) === 0)
  })

  test('begins when its peer gets an address, and changes with its addresses', async () => {
    const point = await startPoint()
    const relays = [await browserAddressOf(point)]
    const host = await Host.start({ relays }, { listen: [], transports: [webSocketTransport()] })
    const hidden = await host.open()
    const finder = hidden.findPeers(NAMESPACE)
    const other = await (await Host.start({ relays })).open()
    other.findPeers(NAMESPACE)
    expect((await next(finder)).peer).toBe(other.peer)
    expect(registrationsAt(point)).toBe(1)

    /** The addresses of the hidden peer that somebody gets who asks now. */
    const told = async (): Promise<string | undefined> => {
      const watcher = await Host.start({ relays })
      const one = await found((await watcher.open()).findPeers(NAMESPACE), hidden.peer)
      await watcher.relay.stop()
      return one.addresses.join()
    }
    await host.relay.addTransport('@libp2p/tcp', tcp(), ['/ip4/127.0.0.1/tcp/0'])
    const first = await told()
    expect(first).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/u)
    await host.relay.removeTransport('@libp2p/tcp')
    await host.relay.addTransport('@libp2p/tcp', tcp(), ['/ip4/127.0.0.1/tcp/0'])
    await until('the new address', async () => (await told()) !== first)
  })

  test('is made again when its point has restarted', async () => {
    const key = formatKey(await generateKeyPair('Ed25519'))
    const before = await startPoint({ key })
    const address = await browserAddressOf(before)
    const port = /tcp\/(\d+)/u.exec(address)?.[1] ?? ''
    const early = await (await Host.start({ relays: [address] })).open()
    const finder = early.findPeers(NAMESPACE)
    await until('the registration', () => registrationsAt(before) === 1)
    await before.stop()
    const after = await startPoint({ key, listen: [`/ip4/127.0.0.1/tcp/${port}/ws`] })
    await until('the new registration', () => registrationsAt(after) === 1)
    const late = await (await Host.start({ relays: [address] })).open()
    expect((await next(late.findPeers(NAMESPACE))).peer).toBe(early.peer)
    expect((await next(finder)).peer).toBe(late.peer)
  })
})

describe('a search', () => {
  test('reaches the points that are named and not connected, and does without those that are down', async () => {
    const points = [await startPoint(), await startPoint()]
    const relays = await Promise.all(points.map(browserAddressOf))
    const [first = '', second = ''] = relays
    const dead = '/ip4/127.0.0.1/tcp/1/ws/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
    const one = await (await Host.start({ relays: [dead, first, second] })).open()
    const other = await (await Host.start({ relays: [second] })).open()
    const finder = one.findPeers(NAMESPACE)
    expect((await next(other.findPeers(NAMESPACE))).peer).toBe(one.peer)
    expect((await next(finder)).peer).toBe(other.peer)
  })

  test('meets the pages of the Node build at the point itself', async () => {
    const point = await startPoint()
    const served = await wsHost.serve({
      accept: (socket, options) => point.accept(socket, { ...options, isAdmin: false }),
    } as Relay)
    cleanups.push(() => served.close())
    const near = await connect(served.url ?? '', { WebSocket })
    cleanups.push(() => near.close())
    const far = await (await Host.start({ relays: [await browserAddressOf(point)] })).open()
    const [nearFinder, farFinder] = [near.findPeers(NAMESPACE), far.findPeers(NAMESPACE)]
    expect((await next(nearFinder)).peer).toBe(far.peer)
    expect((await next(farFinder)).peer).toBe(near.peer)
  })

  test('tells a page that comes later who is known already', async () => {
    const point = await startPoint()
    const relays = [await browserAddressOf(point)]
    const host = await Host.start({ relays })
    const other = await (await Host.start({ relays })).open()
    other.findPeers(NAMESPACE)
    expect((await next((await host.open()).findPeers(NAMESPACE))).peer).toBe(other.peer)
    expect((await next((await host.open()).findPeers(NAMESPACE))).peer).toBe(other.peer)
  })

  test('does not ask peers that the network does not name', async () => {
    const asked: string[] = []
    const stranger = await startReferencePeer()
    cleanups.push(async () => await stranger.stop())
    await serveRendezvous(stranger, ({ type }) => {
      asked.push(type)
      return undefined
    })
    const point = await startPoint()
    const host = await Host.start({ relays: [await browserAddressOf(point)] })
    const client = await host.open()
    await stranger.handle('/x/tea', () => undefined)
    await client.dial(
      { peer: stranger.peerId.toString(), addrs: stranger.getMultiaddrs().map(String) },
      '/x/tea',
    )
    client.findPeers(NAMESPACE)
    await until('the registration', () => registrationsAt(point) === 1)
    expect(host.points.length).toBe(1)
    expect(asked).toEqual([])
  })
})

describe('a rendezvous point that', () => {
  /** A page that looks at this point, and at an honest one where another page is registered. */
  async function lookAt(
    answer: Answering,
  ): Promise<{ host: Host; finder: PeerFinder; liar: string; other: Client }> {
    const liar = await startReferencePeer()
    cleanups.push(async () => await liar.stop())
    await serveRendezvous(liar, answer)
    const honest = await browserAddressOf(await startPoint())
    const other = await (await Host.start({ relays: [honest] })).open()
    other.findPeers(NAMESPACE)
    const host = await Host.start({ relays: [...liar.getMultiaddrs().map(String), honest] })
    const finder = (await host.open()).findPeers(NAMESPACE)
    return { host, finder, liar: liar.peerId.toString(), other }
  }

  const pointOf = (host: Host, peer: string) => host.points.find((one) => one.peer === peer)
  const registered = { type: 'registerResponse', status: 'OK', ttlSeconds: 7_200 } as const
  const discovered = (registrations: Registration[]) =>
    ({ type: 'discoverResponse', status: 'OK', registrations, cookie: Uint8Array.of(1) }) as const

  test.each<[string, Answering]>([
    ['answers nonsense', () => Uint8Array.of(0xff, 0xff, 0xff)],
    ['answers to another question', ({ type }) => (type === 'register' ? discovered([]) : registered)],
    [
      'refuses everything',
      ({ type }) => ({
        ...(type === 'register' ? registered : discovered([])),
        status: 'E_UNAVAILABLE',
        statusText: 'x'.repeat(9_000),
      }),
    ],
    ['sends two megabytes', () => new Uint8Array(2_000_000)],
  ])('%s is shown with its error, and stops nobody', async (_, answer) => {
    const { host, finder, liar, other } = await lookAt(answer)
    await found(finder, other.peer)
    const { lastError } = await until('the error', () => {
      const point = pointOf(host, liar)
      return point?.lastError !== undefined && point
    })
    expect(lastError?.message.length).toBeLessThan(300)
  })

  test('forges registrations is not believed', async () => {
    const [forged, foreign, good] = [
      await strangerIn(NAMESPACE),
      await strangerIn('another'),
      await strangerIn(NAMESPACE),
    ]
    const { signedPeerRecord } = forged
    signedPeerRecord[signedPeerRecord.length - 1] = (signedPeerRecord.at(-1) ?? 0) ^ 1
    const long = { ...good, signedPeerRecord: new Uint8Array(5_000) }
    const empty = { ...good, signedPeerRecord: new Uint8Array(0) }
    const { host, finder, liar, other } = await lookAt(({ type }) =>
      type === 'register' ? registered : discovered([forged, foreign, long, empty, good]),
    )
    const peers = [(await next(finder)).peer, (await next(finder)).peer]
    expect(peers).toContain(other.peer)
    expect(pointOf(host, liar)).toMatchObject({ found: 1, registrations: 1 })
    expect(pointOf(host, liar)?.ignored).toBeGreaterThanOrEqual(4)
  })

  test('always has more is asked a bounded number of times in a round', async () => {
    const many = await Promise.all(Array.from({ length: PAGE_SIZE }, () => strangerIn(NAMESPACE)))
    let discovers = 0
    const { host, finder, liar, other } = await lookAt(({ type }) => {
      if (type === 'register') return registered
      discovers += 1
      // The last of its pages has many peers more than may be in one.
      return discovered([...many, ...many])
    })
    await found(finder, other.peer)
    await until('the end of the first round', () => discovers >= MAX_PAGES)
    expect(pointOf(host, liar)).toMatchObject({ found: PAGE_SIZE, ignored: 0 })
  })
})
