import '../support/polyfill.ts'
import { tcp } from '@libp2p/tcp'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Client } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'
import type { Relay } from '../../src/relay/index.ts'
import { EMPTY_NETWORK } from '../../src/relay/index.ts'
import { wsHost } from '../support/hosts.ts'
import { makeRelay, startReferencePeer } from '../support/peers.ts'
import { until } from '../support/until.ts'

const cleanups: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Served {
  relay: Relay
  open: (protocols?: string[]) => Promise<{ client: Client; events: string[][] }>
}

async function serve(options: Parameters<typeof makeRelay>[0]): Promise<Served> {
  const relay = makeRelay(options)
  const served = await wsHost.serve(relay)
  const { url } = served
  if (url === undefined) throw new Error('the host has no URL')
  cleanups.push(
    () => relay.stop(),
    () => served.close(),
  )
  return {
    relay,
    open: async (protocols) => {
      const client = await connect(url, { WebSocket, ...(protocols === undefined ? {} : { protocols }) })
      cleanups.push(() => client.close())
      const events: string[][] = []
      client.addEventListener('identify', () => events.push([...client.addresses]))
      return { client, events }
    },
  }
}

test('the addresses of a client stay true while transports come and go, in one event for changes that come together', async () => {
  const { relay, open } = await serve({ listen: [], transports: [] })
  const { client, events } = await open()
  const old = await open([])
  expect(client.addresses).toEqual([])
  await relay.addTransport('@libp2p/tcp', tcp(), ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0'])
  await until('both addresses', () => client.addresses.length === 2)
  expect(events.length).toBe(1)
  await relay.removeTransport('@libp2p/tcp')
  await until('no addresses', () => client.addresses.length === 0)
  expect(events.length).toBe(2)
  // What the relay would have sent to a page of 2020 is there after a round trip.
  await old.client.listen('/x/late')
  expect(old.events).toEqual([])
})

test('a lost reservation makes the addresses and `public` change, and a new one again', async () => {
  let circuitRelay = await startReferencePeer({ relay: true })
  cleanups.push(async () => await circuitRelay.stop())
  const { open } = await serve({
    listen: [],
    readNetwork: () => ({ ...EMPTY_NETWORK, relays: circuitRelay.getMultiaddrs().map(String) }),
  })
  const { client, events } = await open()
  await until(
    'the reservation',
    () => client.public && client.addresses.some((one) => one.includes('/p2p-circuit')),
  )
  await circuitRelay.stop()
  await until('no address', () => !client.public && client.addresses.length === 0)
  expect(events.length).toBeGreaterThan(0)
  circuitRelay = await startReferencePeer({ relay: true })
  await until('another reservation', () => client.public && client.addresses.length > 0, 40_000)
})
