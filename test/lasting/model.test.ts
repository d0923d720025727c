import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { explore, heal, walk } from './explore.ts'
import { start } from './model.ts'

/**
 * `LASTING_DEPTH=10 npx vitest run test/lasting/model.test.ts` goes deeper: each further action quadruples
 * the number of states.
 */
const DEPTH = Number(process.env['LASTING_DEPTH'] ?? 8)

describe('the model of lasting streams', () => {
  test(`keeps its promises in every state within ${DEPTH} actions`, { timeout: 3_600_000 }, () => {
    const reached = explore(start({ writes: 2, cuts: 2, carriers: 2, aborts: 1 }), DEPTH)
    console.log(`${reached.length} states`)
    expect(reached.length).toBeGreaterThan(3 ** DEPTH)
  })

  test('changes the carrier without an interruption, even when both sides do so at once', () => {
    const reached = explore(start({ writes: 2, cuts: 0, carriers: 2, aborts: 0 }), DEPTH)
    // While both ends are in flight, the side that finishes first may leave the other to ask for the last
    // acknowledgement.
    const interrupted = reached
      .filter(({ state }) => !state.a.isClosed || !state.b.isClosed)
      .filter(({ state }) => [state.a, state.b].some(({ status }) => status === 'interrupted'))
    expect(interrupted.map(({ trace }) => trace)).toEqual([])
  })

  test('can be healed from every state within 6 actions', () => {
    for (const { state } of explore(start({ writes: 2, cuts: 2, carriers: 2, aborts: 0 }), 6)) {
      const healed = heal(state)
      for (const { status } of [healed.a, healed.b]) expect(['open', 'finished']).toContain(status)
    }
  })

  test('keeps its promises on long random walks', () => {
    const choices = fc.array(fc.double({ min: 0, max: 0.999_999, noNaN: true }), {
      maxLength: 200,
      size: 'max',
    })
    fc.assert(
      fc.property(choices, (numbers) => {
        const { state } = walk(start({ writes: 20, cuts: 12, carriers: 16, aborts: 0 }), numbers)
        for (const { status } of [heal(state).a, heal(state).b])
          expect(['open', 'finished']).toContain(status)
      }),
      { numRuns: 1000 },
    )
  })
})
