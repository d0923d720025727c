import '../support/polyfill.ts'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AddressTurn } from '../../src/relay/dialing/address-turns.ts'
import { MAX_SIDE_BY_SIDE, firstCircuit } from '../../src/relay/dialing/first-circuit.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** Dials so many circuits. Each dial ends when the test says so. */
function start(count: number): {
  result: Promise<Connection | undefined>
  dials: { isFirst: boolean; signal: AbortSignal; end: (circuit?: Connection) => void }[]
  released: Connection[]
} {
  const dials: ReturnType<typeof start>['dials'] = []
  const released: Connection[] = []
  async function* turns(): AsyncGenerator<AddressTurn, void> {
    for (let index = 0; index < count; index++)
      yield { address: multiaddr('/p2p-circuit'), shareMs: 10_000, endTurn: () => undefined }
  }
  const result = firstCircuit({
    turns: turns(),
    dial: async (_, isFirst, signal) =>
      await new Promise((resolve) => dials.push({ isFirst, signal, end: resolve })),
    release: (circuit) => void released.push(circuit),
  })
  return { result, dials, released }
}

const circuit = (name: string): Connection => ({ id: name }) as Connection

test('a circuit relay that never answers holds the next one up for a moment only', async () => {
  const { result, dials, released } = start(2)
  await vi.advanceTimersByTimeAsync(200)
  expect(dials).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(100)
  expect(dials.map(({ isFirst }) => isFirst)).toEqual([true, false])
  const [slow, fast] = dials
  fast?.end(circuit('fast'))
  expect(await result).toEqual(circuit('fast'))
  expect(slow?.signal.aborted).toBe(true)
  // It opens all the same, because its abort came too late.
  slow?.end(circuit('slow'))
  await vi.advanceTimersByTimeAsync(0)
  expect(released).toEqual([circuit('slow')])
})

test('a circuit relay that fails does not hold the next one up', async () => {
  const { result, dials } = start(2)
  await vi.advanceTimersByTimeAsync(0)
  dials[0]?.end()
  await vi.advanceTimersByTimeAsync(0)
  dials[1]?.end(circuit('second'))
  expect(await result).toEqual(circuit('second'))
})

test('a circuit that opens within that moment is the only one', async () => {
  const { result, dials } = start(2)
  await vi.advanceTimersByTimeAsync(100)
  dials[0]?.end(circuit('first'))
  expect(await result).toEqual(circuit('first'))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(dials).toHaveLength(1)
})

test('only some circuits are dialled at the same time, and none opens if every dial fails', async () => {
  const { result, dials } = start(MAX_SIDE_BY_SIDE + 1)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(dials).toHaveLength(MAX_SIDE_BY_SIDE)
  dials[1]?.end()
  await vi.advanceTimersByTimeAsync(0)
  expect(dials).toHaveLength(MAX_SIDE_BY_SIDE + 1)
  for (const { end } of dials) end()
  expect(await result).toBeUndefined()
})
