import '../support/polyfill.ts'
import { afterEach, expect, test, vi } from 'vitest'
import type { Client, FoundPeer } from '../../src/client/index.ts'
import { ClientError } from '../../src/client/index.ts'
import { Refusal, encodeFrame } from '../../src/room/frames.ts'
import { DEFAULT_ROOM_LIMITS, DOOR_CHECK_MS } from '../../src/room/limits.ts'
import type { PeerTarget } from '../../src/room/mesh.ts'
import { Mesh } from '../../src/room/mesh.ts'
import { deriveKeys } from '../../src/room/room-keys.ts'
import { encodeValue } from '../../src/room/values.ts'
import { until } from '../support/until.ts'
import { RoomLab, randomPage } from './room-lab.ts'

const lab = new RoomLab()

afterEach(() => {
  vi.useRealTimers()
})

/** A mesh that isn't started, and whether each of its problems counts as a refusal. */
async function meshOf(...peers: PeerTarget[]) {
  const keys = await deriveKeys('tea', '', '')
  const refusals: boolean[] = []
  const mesh = new Mesh({
    keys,
    page: randomPage(),
    limits: DEFAULT_ROOM_LIMITS,
    peers,
    state: () => encodeValue(undefined),
    received: () => undefined,
    linkChanged: () => undefined,
    ended: () => undefined,
    problem: (_, isOwn) => refusals.push(isOwn),
  })
  lab.cleanups.push(() => mesh.leave())
  return { mesh, keys, refusals }
}

/** Refuses everybody at the door of a room, as a peer can that doesn't know its name. */
async function refuseAll(client: Client, protocol: string): Promise<void> {
  const listener = await client.listen(protocol)
  lab.cleanups.push(() => listener.close())
  for await (const connection of listener)
    connection.send(encodeFrame({ type: 'refused', reason: Refusal.full }))
}

test.each([
  ['that was named counts', true],
  ['that was only found does not', false],
])('a refusal of a peer %s', async (_, isNamed) => {
  const peers = [await lab.peer(), await lab.peer()] as const
  const { mesh, keys, refusals } = await meshOf(...(isNamed ? [peers[1].target] : []))
  void refuseAll(await lab.client(peers[1]), keys.protocol)
  const client = await lab.client(peers[0])
  vi.spyOn(client, 'findPeers').mockReturnValue({
    namespace: keys.namespace,
    close: () => undefined,
    async *[Symbol.asyncIterator](): AsyncGenerator<FoundPeer> {
      if (!isNamed) yield { peer: peers[1].id, addresses: peers[1].target.addrs }
      await new Promise(() => undefined)
    },
  })
  await mesh.start(client)
  await until('the refusal', () => refusals.length > 0)
  expect(refusals).toEqual([isNamed])
})

test('a room that is left while it starts looks for nobody', async () => {
  const client = await lab.client(await lab.peer())
  const findPeers = vi.spyOn(client, 'findPeers')
  const { mesh } = await meshOf()
  const starting = mesh.start(client)
  mesh.leave()
  await starting
  expect(findPeers).not.toHaveBeenCalled()
})

test('a room looks for peers again after it could not', async () => {
  const client = await lab.client(await lab.peer())
  const findPeers = vi.spyOn(client, 'findPeers').mockImplementationOnce(() => {
    throw new ClientError('ERR_INVALID_ARGUMENT', 'Another room looks there.')
  })
  const { mesh, keys } = await meshOf()
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  await mesh.start(client)
  vi.advanceTimersByTime(3 * DOOR_CHECK_MS)
  expect(findPeers).toHaveBeenCalledTimes(2)
  mesh.leave()
  // It has ended its search, so another can begin.
  client.findPeers(keys.namespace).close()
})

test('a connection that opens after the room was left is closed', async () => {
  const peers = [await lab.peer(), await lab.peer()] as const
  const { mesh, keys } = await meshOf(peers[1].target)
  await (await lab.client(peers[1])).listen(keys.protocol)
  const client = await lab.client(peers[0])
  const dial = client.dial.bind(client)
  const closed = new Promise((resolve, reject) => {
    vi.spyOn(client, 'dial').mockImplementation(async (...given) => {
      const connection = await dial(...given)
      mesh.leave()
      connection.closed.then(resolve, reject)
      return connection
    })
  })
  await mesh.start(client)
  expect(await closed).toMatchObject({ clean: true })
})

test('a room that is left because a member has begun anew has no new session with it', async () => {
  const peers = [await lab.peer(), await lab.peer()] as const
  const room = await lab.join(peers[0], 'tea', { client: await lab.client(peers[0]) })
  const client = await lab.client(peers[1])
  const first = await lab.raw(client, peers[0], 'tea')
  await first.enter()
  await until('it to join', () => room.members.size === 1)
  room.addEventListener('leave', () => room.leave())
  const second = await lab.raw(client, peers[0], 'tea', first.page)
  second.send({ type: 'session', own: 2, known: 0, received: 0 })
  await second.connection.closed
  expect(second.received.filter(({ type }) => type === 'part')).toEqual([])
})
