import '../../support/polyfill.ts'
import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { WebSocket } from 'ws'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Client, Connection } from '../../../src/client/index.ts'
import { connect } from '../../../src/client/index.ts'
import type { FloodStream } from '../../support/frame-flood.ts'
import { FLOOD_BYTES, FLOOD_ORDERS, FLOOD_STREAMS, flood } from '../../support/frame-flood.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { startNodeBuild } from '../../support/node-build.ts'
import { startReferencePeer } from '../../support/peers.ts'
import { until } from '../../support/until.ts'

const ECHO = '/x/echo'
const SINK = '/x/sink'
const ROUND_TRIPS = 20
const ALL_ROUNDS = Array.from({ length: ROUND_TRIPS }, (_, round) => `round ${round}`)

let node: NodeBuild
let honest: Libp2p

beforeAll(async () => {
  node = await startNodeBuild()
  honest = await startReferencePeer({ webSockets: true })
  await honest.handle(ECHO, (stream) => {
    stream.addEventListener('message', ({ data }) => stream.send(data))
  })
})

afterAll(async () => {
  await honest?.stop()
  await node?.stop()
})

const openClient = async (): Promise<Client> =>
  await connect(`${node.origin.replace('http', 'ws')}/libp2p`, { WebSocket })

/** Sends one message after another, each when the echo of the previous one has arrived. */
async function roundTrips(connection: Connection): Promise<string[]> {
  const heard: string[] = []
  const incoming = connection[Symbol.asyncIterator]()
  for (let round = 0; round < ROUND_TRIPS; round++) {
    connection.send(new TextEncoder().encode(`round ${round}`))
    const { value } = await incoming.next()
    heard.push(new TextDecoder().decode(value))
  }
  connection.close()
  return heard
}

/** Dials the honest peer, and receives the echo of each message. */
async function echo(client: Client): Promise<void> {
  const addrs = honest.getMultiaddrs().map(String)
  const target = { peer: honest.peerId.toString(), addrs }
  const connection = await client.dial(target, ECHO, { frames: false })
  expect(await roundTrips(connection)).toEqual(ALL_ROUNDS)
}

describe.each(['tcp', 'ws'] as const)('while a peer floods the Node build over %s', (transport) => {
  let hostile: Libp2p
  let near: Client
  let far: Client
  let sunk: { bytes: number; ends: string[] }

  beforeEach(async () => {
    hostile = await startReferencePeer({ webSockets: true })
    near = await openClient()
    far = await openClient()
    sunk = { bytes: 0, ends: [] }
    const listener = await near.listen(SINK, { frames: false })
    void (async () => {
      try {
        for await (const connection of listener) void sink(connection)
      } catch (error) {
        // The test has closed the client.
        expect(error).toMatchObject({ code: 'ERR_RELAY_LOST' })
      }
    })()
  })
  afterEach(async () => {
    near?.close()
    far?.close()
    await hostile?.stop()
  })

  async function sink(connection: Connection): Promise<void> {
    try {
      for await (const { byteLength } of connection) sunk.bytes += byteLength
    } catch {
      // `closed` reports how it ended.
    }
    sunk.ends.push((await connection.closed).reason)
  }

  async function openStreams(): Promise<FloodStream[]> {
    const address = near.addresses.find((one) => one.includes('/ws') === (transport === 'ws'))
    const connection = await hostile.dial(multiaddr(address ?? '').encapsulate(`/p2p/${near.peer}`))
    const streams: FloodStream[] = []
    for (let index = 0; index < FLOOD_STREAMS; index++)
      streams.push({ stream: await connection.newStream(SINK), connection })
    return streams
  }

  test.each(FLOOD_ORDERS)(
    'with 7.8 MB in frames of one byte, its streams %s, other peers are served',
    async (order) => {
      flood(await openStreams(), order)
      await echo(far)
      const outcome = await until(
        'all bytes, or the end of the flood',
        () => (sunk.bytes === FLOOD_BYTES || sunk.ends.length === FLOOD_STREAMS) && sunk,
      )
      // Frames that are cheap to read are read. Others may cost the sender its connection.
      if (order === 'in a row') expect(outcome).toEqual({ bytes: FLOOD_BYTES, ends: [] })
      else for (const end of outcome.ends) expect(end).toMatch(/^connection lost: /)
      // The page that received the flood is served as before.
      await echo(near)
    },
  )
})
