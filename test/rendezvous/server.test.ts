import '../support/polyfill.ts'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, test } from 'vitest'
import type { NodeRelay } from '../../src/node/peer/node-relay.ts'
import type { RendezvousLimits } from '../../src/node/peer/rendezvous-limits.ts'
import { RENDEZVOUS_PROTOCOL } from '../../src/relay/rendezvous/limits.ts'
import type { RendezvousAnswer } from '../../src/relay/rendezvous/messages.ts'
import { signerOf } from '../../src/relay/rendezvous/signed-record.ts'
import type { RelayStatus, RendezvousServiceStatus } from '../../src/status/index.ts'
import { browserAddressOf, startNodePeer } from '../support/node-peer.ts'
import { startReferencePeer } from '../support/peers.ts'
import { ask, recordOf } from '../support/rendezvous.ts'
import { until } from '../support/until.ts'

const NAMESPACE = 'tea'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A rendezvous point of the Node build. */
class Point {
  readonly #node: NodeRelay
  readonly address: string

  private constructor(node: NodeRelay, address: string) {
    this.#node = node
    this.address = address
  }

  static async start(rendezvousLimits: Partial<RendezvousLimits> = {}): Promise<Point> {
    const node = await startNodePeer([], {}, { rendezvousLimits })
    cleanups.push(() => node.stop())
    return new Point(node, await browserAddressOf(node))
  }

  get status(): RendezvousServiceStatus {
    const { peer } = this.#node.status() as RelayStatus
    if (peer?.rendezvousService === undefined) throw new Error('it is no rendezvous point')
    return peer.rendezvousService
  }
}

/** A peer of another program that uses a point. */
class User {
  readonly libp2p: Libp2p
  readonly #key: PrivateKey
  readonly #point: Point

  private constructor(libp2p: Libp2p, key: PrivateKey, point: Point) {
    this.libp2p = libp2p
    this.#key = key
    this.#point = point
  }

  static async start(point: Point): Promise<User> {
    const key = await generateKeyPair('Ed25519')
    const libp2p = await startReferencePeer({ webSockets: true, privateKey: key })
    cleanups.push(async () => await libp2p.stop())
    return new User(libp2p, key, point)
  }

  get id(): string {
    return this.libp2p.peerId.toString()
  }

  /** A record of its own, with a higher number than the last. */
  record(address = '/ip4/127.0.0.1/tcp/1'): Promise<Uint8Array> {
    return recordOf(this.#key, [address])
  }

  async register(
    namespace = NAMESPACE,
    { record, ttlSeconds = 7_200 }: { record?: Uint8Array; ttlSeconds?: number } = {},
  ): Promise<RendezvousAnswer> {
    const signedPeerRecord = record ?? (await this.record())
    return await ask(this.libp2p, this.#point.address, {
      type: 'register',
      namespace,
      signedPeerRecord,
      ttlSeconds,
    })
  }

  async unregister(namespace = NAMESPACE): Promise<void> {
    await ask(this.libp2p, this.#point.address, { type: 'unregister', namespace })
  }

  async discover(
    more: { namespace?: string; limit?: number; cookie?: Uint8Array } = { namespace: NAMESPACE },
  ): Promise<{ status: string; peers: string[]; cookie: Uint8Array }> {
    const answer = await ask(this.libp2p, this.#point.address, { type: 'discover', ...more })
    if (answer.type !== 'discoverResponse') throw new Error(answer.type)
    const { status, registrations, cookie = new Uint8Array(0) } = answer
    return { status, peers: registrations.map(({ signedPeerRecord }) => signerOf(signedPeerRecord)), cookie }
  }
}

async function startUsers(point: Point, count: number): Promise<User[]> {
  return await Promise.all(Array.from({ length: count }, () => User.start(point)))
}

const OK = { type: 'registerResponse', status: 'OK', ttlSeconds: 7_200 }

describe('a rendezvous point', () => {
  test('tells who is registered, the newest first, and with a cookie only what is new', async () => {
    const point = await Point.start()
    const [one, two, three] = await startUsers(point, 3)
    if (one === undefined || two === undefined || three === undefined) throw new Error('too few')
    expect(await one.register()).toEqual(OK)
    expect(await two.register()).toEqual(OK)
    await two.register('another')
    const first = await three.discover()
    expect(first).toMatchObject({ status: 'OK', peers: [two.id, one.id] })

    await three.register()
    const second = await three.discover({ namespace: NAMESPACE, cookie: first.cookie })
    expect(second.peers).toEqual([three.id])

    // A renewal says nothing new, a new address does.
    await one.register(NAMESPACE, { record: await one.record('/ip4/127.0.0.1/tcp/1') })
    const third = await three.discover({ namespace: NAMESPACE, cookie: second.cookie })
    expect(third.peers).toEqual([])
    await one.register(NAMESPACE, { record: await one.record('/ip4/127.0.0.1/tcp/2') })
    const fourth = await three.discover({ namespace: NAMESPACE, cookie: third.cookie })
    expect(fourth.peers).toEqual([one.id])

    await one.unregister()
    await until('the end of the registration', () => point.status.registrations === 3)
    expect((await three.discover()).peers).toEqual([three.id, two.id])
  })

  test('lets a peer read all registrations in parts', async () => {
    const point = await Point.start()
    const users = await startUsers(point, 5)
    for (const user of users) await user.register()
    const [reader] = users
    const seen: string[] = []
    let cookie: Uint8Array | undefined
    for (let parts = 0; parts < 3; parts++) {
      const part = await reader?.discover({
        namespace: NAMESPACE,
        limit: 2,
        ...(cookie === undefined ? {} : { cookie }),
      })
      seen.push(...(part?.peers ?? []))
      cookie = part?.cookie
    }
    expect(seen).toEqual(users.map(({ id }) => id).toReversed())
  })

  test('does not replace a record by an older one, which anybody could replay', async () => {
    const point = await Point.start()
    const [user] = await startUsers(point, 1)
    if (user === undefined) throw new Error('there is no user')
    const older = await user.record('/ip4/127.0.0.1/tcp/1')
    await user.register(NAMESPACE, { record: await user.record('/ip4/127.0.0.1/tcp/2') })
    const { cookie } = await user.discover()
    expect(await user.register(NAMESPACE, { record: older })).toEqual(OK)
    const later = await user.discover({ namespace: NAMESPACE, cookie })
    expect(later.peers).toEqual([])
  })

  test('answers several requests on one stream', async () => {
    const point = await Point.start()
    const [user] = await startUsers(point, 1)
    const connection = await user?.libp2p.dial(multiaddr(point.address))
    const stream = await connection?.newStream(RENDEZVOUS_PROTOCOL)
    if (stream === undefined) throw new Error('there is no stream')
    const messages = lpStream(stream)
    const discover = Uint8Array.of(0x08, 0x03, 0x2a, 0x03, 0x0a, 0x01, 0x61)
    for (let times = 0; times < 3; times++) {
      await messages.write(discover)
      // Type 4, and a body that ends in the status 0.
      const answer = (await messages.read()).subarray()
      expect([answer[1], answer.at(-1)]).toEqual([4, 0])
    }
  })

  test('refuses what is invalid', async () => {
    const point = await Point.start()
    const [user, other] = await startUsers(point, 2)
    if (user === undefined || other === undefined) throw new Error('too few')
    const forged = await user.record()
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    const huge = await user.record(`/dns4/${'a'.repeat(5_000)}/tcp/1`)
    const statusOf = async (answer: Promise<{ status: string }>): Promise<string> => (await answer).status
    expect(await statusOf(user.register(''))).toBe('E_INVALID_NAMESPACE')
    expect(await statusOf(user.register('a'.repeat(256)))).toBe('E_INVALID_NAMESPACE')
    expect(await statusOf(user.register(NAMESPACE, { ttlSeconds: 59 }))).toBe('E_INVALID_TTL')
    expect(await statusOf(user.register(NAMESPACE, { ttlSeconds: 72 * 3_600 + 1 }))).toBe('E_INVALID_TTL')
    for (const record of [forged, huge, Uint8Array.of(1, 2, 3), new Uint8Array(0)])
      expect(await statusOf(user.register(NAMESPACE, { record }))).toBe('E_INVALID_SIGNED_PEER_RECORD')
    expect(await statusOf(user.register(NAMESPACE, { record: await other.record() }))).toBe(
      'E_NOT_AUTHORIZED',
    )
    expect(await statusOf(user.discover({}))).toBe('E_INVALID_NAMESPACE')
    const { cookie } = await user.discover()
    expect(await statusOf(user.discover({ namespace: 'another', cookie }))).toBe('E_INVALID_COOKIE')
    expect(await statusOf(user.discover({ namespace: NAMESPACE, cookie: cookie.slice(1) }))).toBe(
      'E_INVALID_COOKIE',
    )
    expect(point.status).toMatchObject({ registrations: 0, refused: { invalid: 12 } })
  })

  test('resets a stream with nonsense, or a request that is too long', async () => {
    const point = await Point.start()
    const [user] = await startUsers(point, 1)
    const connection = await user?.libp2p.dial(multiaddr(point.address))
    const requests = [
      Uint8Array.of(0xff, 0xff, 0xff),
      new Uint8Array(10_000),
      Uint8Array.of(0x08, 0x01, 0x1a, 0),
    ]
    for (const request of requests) {
      const stream = await connection?.newStream(RENDEZVOUS_PROTOCOL)
      if (stream === undefined) throw new Error('there is no stream')
      await lpStream(stream).write(request)
      await until('the reset', () => stream.status === 'reset')
    }
    expect(point.status.refused.invalid).toBe(3)
    expect(await user?.register()).toEqual(OK)
  })

  test('keeps to its limits, and registers again as soon as there is room', async () => {
    const point = await Point.start({ registrations: 3, perPeer: 2, perAddress: 0 })
    const [one, two] = await startUsers(point, 2)
    if (one === undefined || two === undefined) throw new Error('too few')
    await one.register('a')
    await one.register('b')
    expect(await one.register('c')).toMatchObject({ status: 'E_NOT_AUTHORIZED' })
    expect(await one.register('a')).toEqual(OK)
    await two.register('a')
    expect(await two.register('b')).toMatchObject({ status: 'E_UNAVAILABLE' })
    await one.unregister('b')
    await until('a registration', async () => (await two.register('b')).status === 'OK')
    expect(point.status).toMatchObject({
      registrations: 3,
      maxRegistrations: 3,
      registered: 4,
      namespaces: 2,
    })
    expect(point.status.refused).toMatchObject({ peer: 1 })
  })

  test('limits the registrations of one address, and the requests of one peer', async () => {
    const point = await Point.start({ perAddress: 1, burst: 4, perSecond: 0 })
    const [one, two] = await startUsers(point, 2)
    if (one === undefined || two === undefined) throw new Error('too few')
    await one.register()
    expect(await two.register()).toMatchObject({ status: 'E_NOT_AUTHORIZED' })
    for (let times = 0; times < 3; times++) expect((await two.discover()).status).toBe('OK')
    expect((await two.discover()).status).toBe('E_UNAVAILABLE')
    expect((await one.discover()).peers).toEqual([one.id])
    expect(point.status.refused).toMatchObject({ address: 1, rate: 1 })
  })
})
