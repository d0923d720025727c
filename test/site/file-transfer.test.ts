import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { send } from '../../examples/files/transfer.ts'
import { cleanFileName } from '../../examples/shared/clean-name.ts'
import { isOffer } from '../../examples/shared/file-offer.ts'
import { Progress } from '../../examples/shared/progress.ts'
import { sha256Of } from '../../examples/shared/sha256.ts'
import { nextValue, sendValue } from '../../examples/shared/talk.ts'
import {
  MAX_SHOWN,
  MAX_TRANSFERS,
  MAX_TRANSFERS_PER_PEER,
  Transfers,
} from '../../examples/shared/transfers.ts'
import type { Connection } from '../../src/client/index.ts'
import { connect } from '../../src/client/index.ts'
import { WebSocket, startLoopbackRelay } from './loopback-relay.ts'

describe("a file's name from a peer", () => {
  test.each([
    ['photo.jpg', 'photo.jpg'],
    ['../../.bashrc', '_.._.bashrc'],
    ['C:\\a?.txt', 'C_a_.txt'],
    ['...', 'file'],
    [' \u0000 ', '_'],
    ['x'.repeat(300), 'x'.repeat(120)],
    [`${'x'.repeat(300)}.jpg`, `${'x'.repeat(116)}.jpg`],
    [`${'x'.repeat(300)}.tar.gz`, `${'x'.repeat(113)}.tar.gz`],
    [`a.${'x'.repeat(300)}`, `a.${'x'.repeat(118)}`],
    // 120 of these would be 360 bytes, which no file system accepts.
    [`${'漢'.repeat(300)}.txt`, `${'漢'.repeat(78)}.txt`],
    [`${'x'.repeat(115)}😀.png`, `${'x'.repeat(115)}.png`],
    [`${'x'.repeat(117)}👍🏽`, 'x'.repeat(117)],
    [`${'x'.repeat(118)}👍🏽`, 'x'.repeat(118)],
    ['half \ud83d.png', 'half _.png'],
  ])('%j becomes %j', (name, clean) => {
    expect(cleanFileName(name)).toBe(clean)
  })

  test('becomes a valid file name, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const clean = cleanFileName(name)
        expect(clean).toMatch(/^(?!\.)[^\p{Cc}\p{Cs}/\\]+$/u)
        expect(Buffer.byteLength(clean)).toBeLessThanOrEqual(255)
      }),
    )
  })
})

test.each([undefined, null, 7, 'x', [], { name: 'a' }, { name: 'a', size: -1 }, { name: 1, size: 1 }])(
  '%j is not a valid offer of a file',
  (value) => {
    expect(isOffer(value)).toBe(false)
  },
)

test('the SHA-256 of a file that is read in several pieces is that of the whole file', async () => {
  const bytes = new Uint8Array(4_200_001)
  for (let at = 0; at < bytes.length; at += 65_537) bytes[at] = at % 251
  expect(await sha256Of(new Blob([bytes]))).toBe(createHash('sha256').update(bytes).digest('hex'))
  expect(await sha256Of(new Blob([]))).toBe(createHash('sha256').digest('hex'))
})

/** A link between two clients of one relay. */
async function link(): Promise<{ sender: Connection; receiver: Connection; end: () => Promise<void> }> {
  const relay = await startLoopbackRelay()
  const clients = [
    await connect(relay.url('a'), { WebSocket }),
    await connect(relay.url('b'), { WebSocket }),
  ] as const
  const listener = await clients[0].listen('/x/file-a')
  const receiver = await clients[1].dial('a', '/x/file-a')
  const { value: sender } = await listener[Symbol.asyncIterator]().next()
  if (sender === undefined) throw new Error('no connection arrived')
  return {
    sender,
    receiver,
    end: async () => {
      for (const client of clients) client.close()
      await relay.close()
    },
  }
}

test.each([
  ['immediately', [Number.MAX_SAFE_INTEGER]],
  ['later', [0, Number.MAX_SAFE_INTEGER]],
  ['by a little', [0, 11]],
])('a receiver is not believed if it claims %s to have more than it was sent', async (_, lies) => {
  const { sender, receiver, end } = await link()
  try {
    const file = new File([new Uint8Array(10)], 'a')
    const progress = new Progress(file.size)
    const sent = send(sender, file, sha256Of(file), progress)
    for (const lie of lies) sendValue(receiver, lie)
    await expect(sent).rejects.toThrow('unexpected message')
    expect(progress.done).toBe(0)
  } finally {
    await end()
  }
})

test('an honest receiver gets the file from the position that it names, and the SHA-256', async () => {
  const { sender, receiver, end } = await link()
  try {
    const file = new File([Uint8Array.of(1, 2, 3, 4)], 'a')
    const progress = new Progress(file.size)
    const sent = send(sender, file, sha256Of(file), progress)
    expect(await nextValue(receiver, isOffer)).toEqual({ name: 'a', size: 4 })
    sendValue(receiver, 1)
    const { value } = await receiver[Symbol.asyncIterator]().next()
    expect(value).toEqual(Uint8Array.of(2, 3, 4))
    sendValue(receiver, 4)
    expect(await nextValue(receiver, (said) => typeof said === 'string')).toBe(await sha256Of(file))
    await sent
    expect(progress.isOver).toBe(true)
  } finally {
    await end()
  }
})

describe('the list of peers that download a file', () => {
  const to = (peer: string) => ({ peer, link: 'direct' as const })
  const over = async (progress: Progress): Promise<void> => progress.update(progress.total)

  test('shows the last few that have the whole file, however many there were', async () => {
    const transfers = new Transfers()
    for (let at = 0; at < 900; at++) await transfers.run(to(`peer ${at}`), 1, over)
    expect(transfers.rows).toHaveLength(MAX_SHOWN)
    expect(transfers.rows[0]?.link).toBeUndefined()
  })

  test('forgets those that left before they had the whole file', async () => {
    const transfers = new Transfers()
    const lost = transfers.run(to('a'), 1, () => Promise.reject(new Error('lost')))
    await expect(lost).rejects.toThrow('lost')
    expect(transfers.rows).toEqual([])
  })

  test('is limited in length, and leaves some entries to other peers', async () => {
    const transfers = new Transfers()
    let resolve = (): void => undefined
    const promise = new Promise<void>((settle) => (resolve = settle))
    const all: Promise<void>[] = []
    const begin = (peer: string): void => void all.push(transfers.run(to(peer), 1, () => promise))
    for (let at = 0; at < MAX_TRANSFERS_PER_PEER; at++) begin('greedy')
    await expect(transfers.run(to('greedy'), 1, over)).rejects.toThrow('too many transfers')
    for (let at = all.length; at < MAX_TRANSFERS; at++) begin(`peer ${at}`)
    await expect(transfers.run(to('late'), 1, over)).rejects.toThrow('too many transfers')
    expect(transfers.rows).toHaveLength(MAX_TRANSFERS)
    expect(new Set(transfers.rows.map(({ link }) => link))).toEqual(new Set(['direct']))
    resolve()
    await Promise.all(all)
    await transfers.run(to('late'), 1, over)
  })
})
