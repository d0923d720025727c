import { expect, test } from 'vitest'
import { Awareness } from 'y-protocols/awareness'
import { Doc, decodeStateVector, encodeStateVector, parseUpdateMeta } from 'yjs'
import type { Member, Room } from '../../src/room/index.ts'
import { DocumentSync } from '../../src/yjs/document-sync.ts'
import { PART_BYTES, PartCollector, SYNC_MESSAGE, encodeMessage } from '../../src/yjs/sync-message.ts'
import { until } from '../support/until.ts'

/** A room whose only member acknowledges a message when the test says so. */
class SlowRoom extends EventTarget {
  readonly sent: Uint8Array[] = []
  readonly #acknowledge: (() => void)[] = []

  async send(message: Uint8Array): Promise<void> {
    this.sent.push(message)
    await new Promise<void>((resolve) => this.#acknowledge.push(resolve))
  }

  acknowledge(): void {
    this.#acknowledge.shift()?.()
  }

  of(kind: number): Uint8Array[] {
    return this.sent.filter(([first]) => first === kind).map((message) => message.subarray(1))
  }
}

test('a member that asks and misses messages all the time has one answer and one ask waiting', async () => {
  const doc = new Doc()
  const awareness = new Awareness(doc)
  awareness.setLocalState(null)
  const room = new SlowRoom()
  const failures: Error[] = []
  const sync = new DocumentSync({
    doc,
    awareness,
    room: room as unknown as Room,
    origin: {},
    changed: () => undefined,
    failed: (error) => failures.push(error),
  })
  const member = { id: 'peer/page', peer: 'peer' } as Member
  const fire = (type: string, fields: object = {}): boolean =>
    room.dispatchEvent(Object.assign(new Event(type), { member, ...fields }))
  const ask = (vector: Uint8Array): boolean =>
    fire('message', { data: encodeMessage(SYNC_MESSAGE.ask, vector) })

  fire('join')
  await until('the first ask', () => room.of(SYNC_MESSAGE.ask).length === 1)
  doc.getText('t').insert(0, 'old')
  const latest = encodeStateVector(doc)
  for (let count = 0; count < 100; count++) {
    ask(Uint8Array.of(0))
    fire('missed')
  }
  ask(latest)
  doc.getText('t').insert(0, 'new')
  // The changes themselves, which are sent to everybody, are not in turn.
  for (let count = 0; count < 20; count++) {
    room.acknowledge()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(room.of(SYNC_MESSAGE.answer)).toHaveLength(1)
  expect(room.of(SYNC_MESSAGE.ask)).toHaveLength(2)
  const [answer = expect.unreachable()] = room.of(SYNC_MESSAGE.answer)
  // What the latest ask lacks when the answer is sent, and nothing that it had.
  expect(parseUpdateMeta(answer).from.get(doc.clientID)).toBe(decodeStateVector(latest).get(doc.clientID))
  expect(parseUpdateMeta(answer).to.get(doc.clientID)).toBe(6)

  ask(Uint8Array.of(255))
  expect(failures).toHaveLength(1)
  sync.stop()
  awareness.destroy()
  doc.destroy()
})

test.each([
  ['empty', 0],
  ['not full', 1],
])('parts that are %s are dropped with those before them', (_, bytes) => {
  const collector = new PartCollector()
  const length = 2 * PART_BYTES
  const part = (offset: number, size: number): Uint8Array => {
    const content = new Uint8Array(9 + size)
    new DataView(content.buffer).setUint32(1, offset)
    new DataView(content.buffer).setUint32(5, length)
    return content
  }
  expect(collector.add(part(0, PART_BYTES))).toBeUndefined()
  expect(collector.add(part(PART_BYTES, bytes))).toBeUndefined()
  expect(collector.add(part(PART_BYTES, PART_BYTES))).toBeUndefined()
  collector.add(part(0, PART_BYTES))
  expect(collector.add(part(PART_BYTES, PART_BYTES))?.body).toHaveLength(length)
})
