import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Gathering, MAX_GATHERED_BYTES, QUIET_MICROTASKS } from '../../src/relay/clients/gathering.ts'

/** Resolves after the tasks that are due. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

async function microtasks(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await Promise.resolve()
}

test('chunks that arrive together are delivered together before the next task; later ones follow together behind them', async () => {
  const taken: number[][] = []
  const gathering = new Gathering(setImmediate, (chunks) => taken.push(chunks.flatMap((chunk) => [...chunk])))
  // A stream takes some turns of the microtask queue for each message that arrived in one task.
  for (const byte of [1, 2]) {
    gathering.add(Uint8Array.of(byte))
    await microtasks(QUIET_MICROTASKS / 2)
    expect(taken).toEqual([])
  }
  expect(gathering.isEmpty).toBe(false)
  await microtasks(QUIET_MICROTASKS)
  expect(taken).toEqual([[1, 2]])
  for (const byte of [3, 4]) {
    gathering.add(Uint8Array.of(byte))
    await microtasks(2 * QUIET_MICROTASKS)
  }
  expect(taken).toEqual([[1, 2]])
  await turn()
  expect(taken).toEqual([
    [1, 2],
    [3, 4],
  ])
  gathering.add(Uint8Array.of(5))
  await microtasks(QUIET_MICROTASKS)
  expect(taken.at(-1)).toEqual([5])
})

test('a discarded chunk is not delivered', async () => {
  const taken: Uint8Array[][] = []
  const gathering = new Gathering(setImmediate, (chunks) => taken.push(chunks))
  gathering.add(new Uint8Array(1))
  gathering.clear()
  await turn()
  await turn()
  gathering.add(new Uint8Array(2))
  await microtasks(QUIET_MICROTASKS)
  gathering.add(new Uint8Array(3))
  gathering.clear()
  expect(gathering.isEmpty).toBe(true)
  await turn()
  expect(taken).toEqual([[new Uint8Array(2)]])
})

test('every chunk is delivered in order, within the bound, whatever its length and timing', async () => {
  const length = fc.oneof(
    fc.integer({ min: 1, max: 20_000 }),
    fc.integer({ min: 1, max: 2 * MAX_GATHERED_BYTES }),
  )
  const step = fc.oneof(length, fc.constant('turn' as const))
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const taken: Uint8Array[] = []
      const gathering = new Gathering(setImmediate, (chunks) => {
        const bytes = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)
        expect(chunks.length === 1 || bytes <= MAX_GATHERED_BYTES).toBe(true)
        taken.push(...chunks)
      })
      const added: Uint8Array[] = []
      for (const [index, one] of steps.entries()) {
        if (one === 'turn') {
          await turn()
          continue
        }
        const chunk = new Uint8Array(one).fill(index)
        added.push(chunk)
        gathering.add(chunk)
      }
      await turn()
      await turn()
      expect(Buffer.concat(taken).equals(Buffer.concat(added))).toBe(true)
    }),
    { numRuns: 60 },
  )
})
