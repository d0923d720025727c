import '../support/polyfill.ts'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { tcp } from '@libp2p/tcp'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { webRTC } from '@libp2p/webrtc'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import { DialTurns } from '../../src/relay/dialing/dial-turns.ts'
import { DirectLinks } from '../../src/relay/dialing/direct-links.ts'
import { Peer } from '../../src/relay/peer.ts'
import type { Relay, RelayStatus } from '../../src/relay/index.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/direct'
/** The host's error for a link that it has lost itself, whatever its message says. */
class CarrierLostError extends Error {
  override readonly name = 'CarrierLostError'
}

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Started {
  relay: Relay
  client: RelayClient
  peer: string
  /** Its addresses through the circuit relay, without WebRTC. */
  circuits: string[]
  /**
   * Ends the direct connections to a peer as closing a tab does: all their streams end with a {@link
   * CarrierLostError}.
   */
  lose: (peer: string, message?: string) => void
}

/** A client of our relay that is reached through the circuit relay. */
async function start(circuitRelay: Libp2p, { makesWebRtc = true, lasting = true } = {}): Promise<Started> {
  let getConnections: (() => Connection[]) | undefined
  const relay = makeRelay({
    bounds: lasting ? {} : { lasting: false },
    network: { relays: circuitRelay.getMultiaddrs().map((address) => address.toString()) },
    transports: [
      (components) => {
        getConnections = () => components.connectionManager.getConnections()
        return tcp()(components)
      },
      ...(makesWebRtc ? [webRTC({ rtcConfiguration: { iceServers: [] } })] : []),
    ],
    listen: makesWebRtc ? ['/webrtc'] : [],
    isLocalLoss: (error) => error instanceof CarrierLostError,
  })
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = new RelayClient()
  client.socket = await served.connect(client)
  const { peer, addresses } = await client.start()
  return {
    relay,
    client,
    peer,
    circuits: addresses.filter((address) => address.endsWith('/p2p-circuit')),
    lose: (other, message = 'the tab is gone') => {
      // Both sides may have dialled, so there may be two.
      for (const connection of getConnections?.() ?? []) {
        if (connection.direct && String(connection.remotePeer) === other)
          connection.abort(new CarrierLostError(message))
      }
    },
  }
}

async function startCircuitRelay(): Promise<Libp2p> {
  const circuitRelay = await startReferencePeer({ relay: true })
  cleanups.push(async () => await circuitRelay.stop())
  return circuitRelay
}

type ConnectionStatus = NonNullable<RelayStatus['peer']>['connections'][number]

/** The connections from `one` to `other`, and those that carry pages' streams. */
function connectionsTo(
  one: Started,
  other: Started,
): { all: ConnectionStatus[]; carriers: ConnectionStatus[] } {
  const all = (one.relay.status().peer?.connections ?? []).filter(({ peer }) => peer === other.peer)
  const carriers = new Set(
    one.relay.status().clients.flatMap(({ streams }) => streams.map(({ connection }) => connection)),
  )
  return { all, carriers: all.filter(({ id }) => carriers.has(id)) }
}

test('a peer known only over a circuit that supports WebRTC gets its stream on a WebRTC connection', async () => {
  const circuitRelay = await startCircuitRelay()
  const far = await start(circuitRelay)
  const near = await start(circuitRelay)
  await far.client.listen(PROTOCOL)
  near.client.connect(encodePeerAddress({ peer: far.peer, addrs: far.circuits }), PROTOCOL)
  await near.client.next('peerConnection')
  const carriers = await until('WebRTC', () => {
    const found = connectionsTo(near, far).carriers
    return found.every(({ limited }) => !limited) && found
  })
  expect(carriers).toHaveLength(1)
  expect(carriers[0]?.address).toContain('/webrtc')
})

test('a stream that ends with its link waits for a WebRTC connection', async () => {
  const circuitRelay = await startCircuitRelay()
  const far = await start(circuitRelay, { lasting: false })
  const near = await start(circuitRelay)
  await far.client.listen(PROTOCOL)
  near.client.connect(encodePeerAddress({ peer: far.peer, addrs: far.circuits }), PROTOCOL)
  await near.client.next('peerConnection')
  const { carriers } = connectionsTo(near, far)
  expect(carriers.map(({ limited }) => limited)).toEqual([false])
  expect(carriers[0]?.address).toContain('/webrtc')
})

test('a peer without WebRTC gets its stream on the circuit, without waiting for a direct connection', async () => {
  const circuitRelay = await startCircuitRelay()
  const far = await start(circuitRelay, { makesWebRtc: false })
  const near = await start(circuitRelay)
  await far.client.listen(PROTOCOL)
  const started = performance.now()
  near.client.connect(encodePeerAddress({ peer: far.peer, addrs: far.circuits }), PROTOCOL)
  await near.client.next('peerConnection')
  console.log(`on the circuit after ${Math.round(performance.now() - started)} ms`)
  expect(connectionsTo(near, far).carriers.map(({ limited }) => limited)).toEqual([true])
})

test.each(['before', 'after'])(
  'a search for direct connections that begins %s identify on the circuit immediately learns what the peer supports',
  async (when) => {
    const circuitRelay = await startCircuitRelay()
    const circuitAddress = `${circuitRelay.getMultiaddrs()[0]?.toString() ?? ''}/p2p-circuit`
    // The peer announces its protocols only once: it has no identify push.
    const far = await startReferencePeer({ listen: [circuitAddress] })
    cleanups.push(async () => await far.stop())
    const peer = await Peer.create({
      queueTask: setImmediate,
      privateKey: await generateKeyPair('Ed25519'),
      transports: [tcp(), webRTC({ rtcConfiguration: { iceServers: [] } })],
      listen: [],
    })
    cleanups.push(() => peer.stop())
    const begin = (): DirectLinks => {
      const links = new DirectLinks(peer, new DialTurns(1), () => undefined)
      cleanups.push(async () => links.stop())
      return links
    }
    const early = when === 'before' ? begin() : undefined
    const identified = new Promise<void>((resolve) => {
      peer.libp2p.addEventListener('peer:identify', ({ detail }) => {
        if (detail.peerId.equals(far.peerId)) resolve()
      })
    })
    const circuit = await peer.libp2p.dial(multiaddr(`${circuitAddress}/p2p/${far.peerId.toString()}`))
    await identified
    // Nothing would end a wait here.
    const isWanted = await (early ?? begin()).canReplace(circuit, new AbortController().signal)
    expect(isWanted).toBe(false)
  },
)

test('peers that have no WebRTC do not make direct connections look hopeless', async () => {
  const circuitRelay = await startCircuitRelay()
  const circuitAddress = `${circuitRelay.getMultiaddrs()[0]?.toString() ?? ''}/p2p-circuit`
  const peer = await Peer.create({
    queueTask: setImmediate,
    privateKey: await generateKeyPair('Ed25519'),
    transports: [tcp(), webRTC({ rtcConfiguration: { iceServers: [] } })],
    listen: [],
  })
  cleanups.push(() => peer.stop())
  const logged: string[] = []
  const links = new DirectLinks(peer, new DialTurns(1), (_, line) => logged.push(line))
  cleanups.push(async () => links.stop())
  for (let count = 0; count < 3; count += 1) {
    const far = await startReferencePeer({ listen: [circuitAddress] })
    cleanups.push(async () => await far.stop())
    const circuit = await peer.libp2p.dial(multiaddr(`${circuitAddress}/p2p/${far.peerId.toString()}`))
    await peer.abilities.learn(circuit, new AbortController().signal)
    void links.improve(far.peerId)
    await until('the search to end', () => logged.length > count)
  }
  expect(logged.map((line) => line.split(': ')[1])).toEqual(Array(3).fill('the peer has no WebRTC address'))
  expect(links.isPromising).toBe(true)
})

test('an existing circuit is replaced by a direct connection at the next Connect', async () => {
  const circuitRelay = await startCircuitRelay()
  const far = await start(circuitRelay)
  const near = await start(circuitRelay)
  await far.client.listen(PROTOCOL)
  near.client.connect(far.peer, PROTOCOL, true, circuitRelay.peerId.toString())
  await near.client.next('peerConnection')
  expect(connectionsTo(near, far).carriers.map(({ limited }) => limited)).toEqual([true])
  near.client.connect(far.peer, PROTOCOL)
  await near.client.next('peerConnection', 1)
  await until('a direct connection beside the circuit', () =>
    connectionsTo(near, far).carriers.some(({ limited }) => !limited),
  )
  // The first Connect has named the circuit relay.
  expect(connectionsTo(near, far).carriers.map(({ limited }) => limited)).toEqual([true, false])
})

test("if no direct connection comes about, the stream uses the circuit, and later streams don't wait again", async () => {
  const circuitRelay = await startCircuitRelay()
  const near = await start(circuitRelay)
  const circuit = `${circuitRelay.getMultiaddrs()[0]?.toString() ?? ''}/p2p-circuit`
  const far = await startReferencePeer({ listen: [circuit] })
  cleanups.push(async () => await far.stop())
  // This peer claims to support WebRTC, and never answers an offer.
  const offers: Stream[] = []
  const onCircuits = { runOnLimitedConnection: true }
  await far.handle('/webrtc-signaling/0.0.1', (stream) => void offers.push(stream), onCircuits)
  await far.handle(PROTOCOL, () => undefined, onCircuits)
  near.client.connect(encodePeerAddress({ peer: far.peerId.toString(), addrs: [circuit] }), PROTOCOL)
  await near.client.next('peerConnection')
  expect(offers).toHaveLength(1)
  const again = performance.now()
  near.client.connect(encodePeerAddress({ peer: far.peerId.toString(), addrs: [circuit] }), PROTOCOL)
  await near.client.next('peerConnection', 1)
  console.log(`the second stream was on the circuit after ${Math.round(performance.now() - again)} ms`)
})

test('after failed direct connections to two peers, a third is not waited for until one succeeds', async () => {
  const circuitRelay = await startCircuitRelay()
  const near = await start(circuitRelay)
  const circuit = `${circuitRelay.getMultiaddrs()[0]?.toString() ?? ''}/p2p-circuit`
  // Each peer claims to support WebRTC and never answers an offer; the requests it gets are recorded.
  const asked: string[][] = [[], [], []]
  const onCircuits = { runOnLimitedConnection: true }
  const peers = await Promise.all(
    asked.map(async (own) => {
      const far = await startReferencePeer({ listen: [circuit] })
      cleanups.push(async () => await far.stop())
      await far.handle('/webrtc-signaling/0.0.1', () => void own.push('WebRTC'), onCircuits)
      await far.handle(PROTOCOL, () => void own.push('stream'), onCircuits)
      return encodePeerAddress({ peer: far.peerId.toString(), addrs: [circuit] })
    }),
  )
  const [first = '', second = '', third = ''] = peers
  for (const peer of [first, second]) near.client.connect(peer, PROTOCOL)
  await near.client.next('peerConnection', 1)
  expect(near.relay.status().peer?.directFails).toBe(true)
  near.client.connect(third, PROTOCOL)
  await near.client.next('peerConnection', 2)
  await until('the streams', () => asked.every((own) => own.includes('stream')))
  expect(asked.map(([one]) => one)).toEqual(['WebRTC', 'WebRTC', 'stream'])

  const direct = await start(circuitRelay)
  await direct.client.listen(PROTOCOL)
  near.client.connect(encodePeerAddress({ peer: direct.peer, addrs: direct.circuits }), PROTOCOL)
  await until('a direct connection to be made anyway', () =>
    connectionsTo(near, direct).all.some(({ limited }) => !limited),
  )
  await until('the success to be noticed', () => near.relay.status().peer?.directFails === undefined)
})

test.each(['the tab is gone', 'any other words'])(
  'dials a peer again after losing its link on this side, and no other peer: %s',
  async (message) => {
    const circuitRelay = await startCircuitRelay()
    const near = await start(circuitRelay, { lasting: false })
    const [far, other] = await Promise.all([start(circuitRelay), start(circuitRelay)])
    for (const { client, peer, circuits } of [far, other]) {
      await client.listen(PROTOCOL)
      near.client.connect(encodePeerAddress({ peer, addrs: circuits }), PROTOCOL)
    }
    await near.client.next('peerConnection', 1)
    const lost = near.client.all('peerConnection').find(({ peer }) => peer === far.peer)?.id
    const before = connectionsTo(near, far).carriers[0]?.openedMs ?? 0
    near.lose(far.peer, message)
    const lostAt = performance.now()
    const { id, reason } = await near.client.next('connectionClosed')
    expect({ id, reason }).toEqual({
      id: lost,
      reason: `connection lost: the connection to ${far.peer} over WebRTC ended: ${message}`,
    })
    await until('the new connection', () =>
      connectionsTo(near, far).all.some(({ limited, openedMs }) => !limited && openedMs > before),
    )
    console.log(`dialled again ${Math.round(performance.now() - lostAt)} ms after the loss`)
    expect(connectionsTo(near, other).carriers).toHaveLength(1)
    expect(near.client.all('connectionClosed')).toHaveLength(1)
  },
)

test('the side that was dialled dials again too, if it is the one that lost the connection', async () => {
  const circuitRelay = await startCircuitRelay()
  const near = await start(circuitRelay, { lasting: false })
  const far = await start(circuitRelay, { lasting: false })
  await near.client.listen(PROTOCOL)
  // On a busy machine the direct connection may come too late for the first stream.
  for (let count = 0; !connectionsTo(near, far).carriers.some(({ limited }) => !limited); count++) {
    far.client.connect(encodePeerAddress({ peer: near.peer, addrs: near.circuits }), PROTOCOL)
    await near.client.next('listenerConnection', count)
  }
  near.lose(far.peer)
  expect((await near.client.next('connectionClosed')).reason).toContain('the tab is gone')
  // Either side may notice first: the other one loses its streams too.
  await until('the new connection', () => connectionsTo(near, far).all.some(({ limited }) => !limited))
})
