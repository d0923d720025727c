import '../support/polyfill.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { explore, heal, walk } from './explore.ts'
import type { Action, State } from './model.ts'
import { start } from './model.ts'
import { Replay } from './replay.ts'

/** `LASTING_RUNS=20000 npx vitest run test/lasting/replay.test.ts` tries more random traces. */
const RUNS = Number(process.env['LASTING_RUNS'] ?? 300)

const RICH: State['left'] = { writes: 12, cuts: 8, carriers: 10, aborts: 0 }

/**
 * Applies a trace to the implementation, and heals both it and the model. Both must then have delivered the
 * same.
 */
async function agree(trace: Action[], end: State): Promise<void> {
  const replay = await Replay.start()
  for (const action of trace) await replay.do(action)
  await replay.heal()
  const healed = heal(end)
  const steps = trace.map((one) => JSON.stringify(one)).join('\n')
  for (const side of ['a', 'b'] as const) {
    const { reader, stream } = replay.ends[side]
    const { status, received, isEnded } = healed[side]
    const end = status === 'open' ? undefined : status
    expect({ steps, end: stream.end }).toEqual({ steps, end })
    // How far a stream got before it was reset depends on the window, which the model doesn't have.
    if (end === 'reset' || end === 'lost') continue
    expect({ steps, received: reader.bytes.byteLength, isEnded: reader.isEnded }).toEqual({
      steps,
      received,
      isEnded,
    })
  }
}

describe('the implementation of lasting streams', () => {
  test('agrees with the model on every trace of 5 actions', async () => {
    for (const { state, trace } of explore(start({ writes: 2, cuts: 2, carriers: 2, aborts: 1 }), 5)) {
      await agree(trace, state)
    }
  })

  test(
    'agrees with the model on long random traces, however links come and go',
    { timeout: 3_600_000 },
    async () => {
      const choices = fc.array(fc.double({ min: 0, max: 0.999_999, noNaN: true }), {
        maxLength: 80,
        size: 'max',
      })
      await fc.assert(
        fc.asyncProperty(choices, fc.nat({ max: 1 }), async (numbers, aborts) => {
          const { state, trace } = walk(start({ ...RICH, aborts }), numbers)
          await agree(trace, state)
        }),
        { numRuns: RUNS },
      )
    },
  )
})
