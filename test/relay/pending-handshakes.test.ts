import '../support/polyfill.ts'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import type { Relay } from '../../src/relay/index.ts'
import { OK, openSilentCircuit } from '../support/hop.ts'
import { makeRelay, pinging, startReferencePeer } from '../support/peers.ts'
import { until } from '../support/until.ts'

/** More handshakes than a peer allows at once, and more than it allows from one source. */
const SILENT = 80
const SILENT_OF_ONE = 40

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startPeer(options: Parameters<typeof startReferencePeer>[0] = {}): Promise<Libp2p> {
  const libp2p = await startReferencePeer(options)
  cleanups.push(async () => await libp2p.stop())
  return libp2p
}

async function startRelay(options: Parameters<typeof makeRelay>[0] = {}): Promise<Relay> {
  const relay = makeRelay(options)
  cleanups.push(() => relay.stop())
  await relay.start()
  return relay
}

async function openSilentSocket(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  socket.on('error', () => undefined)
  cleanups.push(async () => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Dials, and waits for the answer to a ping. */
async function reach(libp2p: Libp2p, address: Multiaddr): Promise<void> {
  const signal = AbortSignal.timeout(10_000)
  await libp2p.dial(address, { signal })
  const id = address.getComponents().at(-1)?.value ?? ''
  await pinging(libp2p).ping(peerIdFromString(id), { signal })
}

test.each(['127.0.0.2', '127.0.0.1'])(
  `${SILENT} silent sockets from %s keep out nobody who connects from 127.0.0.1`,
  async (from) => {
    const relay = await startRelay()
    const { id = '', addresses = [] } = relay.status().peer ?? {}
    const port = Number(addresses[0]?.address.split('/')[4])
    // As many as one host may open in a second, and some more from its neighbour.
    const sockets = await Promise.all(
      Array.from({ length: SILENT }, (_, index) =>
        openSilentSocket(port, index < SILENT_OF_ONE ? from : '127.0.0.3'),
      ),
    )
    await reach(await startPeer(), multiaddr(`/ip4/127.0.0.1/tcp/${port}/p2p/${id}`))
    // The silent sockets make room and are closed.
    await until('all silent sockets to end', () => sockets.every(({ closed }) => closed))
  },
)

test(`${SILENT_OF_ONE} silent circuits of one peer keep out no other peer on the same circuit relay`, async () => {
  const between = await startPeer({ relay: { maxInboundHopStreams: 1_000, maxOutboundStopStreams: 1_000 } })
  const relay = await startRelay({
    listen: [],
    network: { relays: between.getMultiaddrs().map((address) => address.toString()) },
  })
  const target = peerIdFromString(relay.status().peer?.id ?? '')
  const attacker = await startPeer()
  const connection = await attacker.dial(between.getMultiaddrs())
  const circuits: Awaited<ReturnType<typeof openSilentCircuit>>[] = []
  for (let count = 0; count < SILENT_OF_ONE; count += 1)
    circuits.push(await openSilentCircuit(connection, target))
  expect(circuits.map(({ status }) => status)).toEqual(circuits.map(() => OK))
  const [through] = between.getMultiaddrs()
  if (through === undefined) throw new Error('the relay does not listen')
  await reach(await startPeer(), through.encapsulate(`/p2p-circuit/p2p/${target.toString()}`))
  await until('all silent circuits to end', () => circuits.every(({ stream }) => stream.status !== 'open'))
})
