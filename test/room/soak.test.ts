import '../support/polyfill.ts'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { connect } from '../../src/client/index.ts'
import { until } from '../support/until.ts'
import { randomNumbers } from '../soak/content.ts'
import type { LabPeer } from './room-lab.ts'
import { RoomLab } from './room-lab.ts'
import { Visitor, wrongIn } from './visitor.ts'

/*
 * Eight members of one room, each of a peer of its own, that come, go, crash and are cut from each other, and
 * talk all the time. `npm run soak:rooms -- MINUTES [SEED]` runs it. `npm test` runs a few faults.
 */

const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 0)
const SEED = Number(process.env['SOAK_SEED'] ?? (MINUTES > 0 ? Date.now() % 1_000_000 : 1))
const MEMBERS = MINUTES > 0 ? 8 : 3
const FAULTS = MINUTES > 0 ? Infinity : 6
const LASTS_MS = MINUTES > 0 ? MINUTES * 60_000 : Infinity
/** Milliseconds between two faults, at most. */
const MAX_PAUSE_MS = MINUTES > 0 ? 3_000 : 300
/** Milliseconds between two messages of one member. */
const SEND_EVERY_MS = 100
/** Milliseconds within which all must be together again when the faults have ended. */
const REUNION_MS = 180_000
const GONE_MS = 6_000

const lab = new RoomLab()
const pause = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms))

test(
  'members that come, go, crash and are cut agree on what was said',
  { timeout: (MINUTES > 0 ? LASTS_MS : 60_000) + 2 * REUNION_MS },
  async () => {
    const random = randomNumbers(SEED)
    const below = (count: number): number => random() % count
    const startMs = performance.now()
    const say = (line: string): void => {
      if (MINUTES > 0)
        console.log(`${((performance.now() - startMs) / 1000).toFixed(1).padStart(7)} s  ${line}`)
    }
    console.log(`rooms soak: seed ${SEED}, ${MEMBERS} members`)

    const peers: LabPeer[] = []
    const everybody: Visitor[] = []
    const present: Visitor[] = []
    const newPeer = async (): Promise<LabPeer> =>
      await lab.peer({ bounds: { lasting: { resumeTimeoutMs: 4_000 } } })
    const enter = async (index: number): Promise<void> => {
      const peer = (peers[index] ??= await newPeer())
      const others = peers.filter((other) => other !== peer)
      // A program's crash takes its client with it, so each has its own.
      const client = await connect(peer.url, { WebSocket })
      const room = await lab.join<unknown, string>(peer, 'soak', {
        client,
        others,
        limits: { goneMs: GONE_MS },
      })
      const visitor = new Visitor(room, client, everybody.length)
      everybody.push(visitor)
      present[index] = visitor
    }
    for (let index = 0; index < MEMBERS; index++) await enter(index)
    const talking = setInterval(() => {
      for (const visitor of present) void visitor.talk()
    }, SEND_EVERY_MS)

    for (let fault = 0; fault < FAULTS && performance.now() - startMs < LASTS_MS; fault++) {
      const index = below(MEMBERS)
      const peer = peers[index]
      const visitor = present[index]
      if (peer === undefined || visitor === undefined) throw new Error('nobody is there')
      const kind = below(10)
      if (kind < 4) {
        say(`${index}: its connections are reset`)
        peer.proxy.reset()
        await pause(below(2) * below(MAX_PAUSE_MS))
        peer.proxy.restore()
      } else if (kind < 6) {
        say(`${index}: it is cut off`)
        peer.proxy.cut()
        await pause(below(4 * MAX_PAUSE_MS))
        peer.proxy.restore()
      } else if (kind < 8) {
        say(`${index}: it leaves, and comes again`)
        visitor.room.leave()
        visitor.client.close()
        await enter(index)
      } else if (kind < 9) {
        say(`${index}: its page crashes`)
        visitor.client.close()
        await enter(index)
      } else {
        say(`${index}: its peer dies`)
        await peer.stop()
        peers[index] = await newPeer()
        await enter(index)
      }
      await pause(below(MAX_PAUSE_MS))
    }
    clearInterval(talking)

    say('no more faults')
    await until(
      'all to be together',
      () => present.every(({ room }) => room.members.size === MEMBERS - 1 && areConnected(room)),
      REUNION_MS,
    )
    for (const visitor of present) expect(await visitor.talk()).toBe(MEMBERS - 1)
    const counts = everybody.map(({ received }) => received)
    say(`${counts.reduce((sum, count) => sum + count, 0)} messages arrived, in ${everybody.length} stays`)
    expect(wrongIn(everybody, present)).toEqual([])
    for (const { room } of present) room.leave()
  },
)

function areConnected({ members }: Visitor['room']): boolean {
  return [...members.values()].every(({ link }) => link !== 'interrupted')
}
