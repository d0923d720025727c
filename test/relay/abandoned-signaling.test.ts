import '../support/polyfill.ts'
import type { Upgrader } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { webRTC } from '@libp2p/webrtc'
import { afterEach, expect, test } from 'vitest'
import { encodePeerAddress } from '../../src/protocol/index.ts'
import type { Relay, TransportFactory } from '../../src/relay/index.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { RelayClient } from '../support/relay-client.ts'
import { until } from '../support/until.ts'

const PROTOCOL = '/x/abandoned'
const configuration = { rtcConfiguration: { iceServers: [] } }

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** WebRTC that gives up every dial at this progress event, as if it had stalled. */
function abandoning(at: string): TransportFactory {
  return (components) => {
    const transport = webRTC(configuration)(components)
    const dial = transport.dial.bind(transport)
    transport.dial = async (address, options) => {
      const stall = new AbortController()
      const onProgress = ({ type }: { type: string }): void => {
        if (type === at) stall.abort(new Error('the connection stalled'))
      }
      return await dial(address, { ...options, signal: stall.signal, onProgress })
    }
    return transport
  }
}

/** WebRTC that keeps how its incoming connections have turned out. */
function recording(outcomes: ('made' | 'given up')[]): TransportFactory {
  return (components) => {
    const { upgrader } = components
    const upgradeInbound: Upgrader['upgradeInbound'] = async (maConn, options) => {
      try {
        await upgrader.upgradeInbound(maConn, options)
        outcomes.push('made')
      } catch (error) {
        outcomes.push('given up')
        throw error
      }
    }
    const recorded = new Proxy(upgrader, {
      get: (target, name) => {
        const member: unknown = name === 'upgradeInbound' ? upgradeInbound : Reflect.get(target, name)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      },
    })
    return webRTC(configuration)(
      Object.create(components, { upgrader: { value: recorded } }) as typeof components,
    )
  }
}

async function start(relay: Relay): Promise<{ client: RelayClient; peer: string; addresses: string[] }> {
  const served = await wsHost.serve(relay)
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  const client = new RelayClient()
  client.socket = await served.connect(client)
  return { client, ...(await client.start()) }
}

test.each([
  ['once it is answered', 'webrtc:read-ice-candidates', 'given up'],
  ['when both sides are connected', 'webrtc:close-signaling-stream', 'made'],
])('a WebRTC connection that the dialing side gives up %s leaves none behind', async (_, at, outcome) => {
  const circuitRelay = await startReferencePeer({ relay: { reservations: { applyDefaultLimit: false } } })
  cleanups.push(async () => await circuitRelay.stop())
  const network = { relays: circuitRelay.getMultiaddrs().map(String) }
  const outcomes: ('made' | 'given up')[] = []
  const relay = makeRelay({ network, transports: [tcp(), recording(outcomes)], listen: ['/webrtc'] })
  const far = await start(relay)
  const near = await start(makeRelay({ network, transports: [tcp(), abandoning(at)], listen: [] }))
  await far.client.listen(PROTOCOL)
  const addrs = far.addresses.filter((address) => address.endsWith('/p2p-circuit'))
  near.client.connect(encodePeerAddress({ peer: far.peer, addrs }), PROTOCOL)
  await near.client.next('peerConnection')
  expect(await until('the first WebRTC connection', () => outcomes[0])).toBe(outcome)
  // What the other side dials itself is not given up.
  await until(
    'no WebRTC connection from the other side',
    () =>
      relay
        .status()
        .peer?.connections.every(({ path, direction }) => path !== 'webrtc' || direction === 'outbound') ===
      true,
  )
})
