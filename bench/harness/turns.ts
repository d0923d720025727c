/** How often a turn is repeated if its connection was lost. */
const MAX_REPEATS = 2

/** One of those that are measured against each other. */
export interface Contestant<T> {
  name: string
  /** One turn. If it rejects, it is repeated: a lost connection is a matter of reliability, not of speed. */
  measure: (round: number) => Promise<T>
}

/**
 * Measures all of them turn by turn, A B C A B C …, and returns the samples of each, one per round.
 * The first round is not counted: it warms up compilers, caches and windows of flow control. With `rounds` 1
 * (a trial) it is.
 */
export async function takeTurns<T>(
  contestants: readonly Contestant<T>[],
  rounds: number,
): Promise<Map<string, T[]>> {
  const samples = new Map<string, T[]>(contestants.map(({ name }) => [name, []]))
  const warmUps = rounds > 1 ? 1 : 0
  for (let round = 0; round < rounds + warmUps; round++) {
    for (const { name, measure } of contestants) {
      const sample = await repeated(name, () => measure(round))
      if (round >= warmUps) samples.get(name)?.push(sample)
    }
  }
  return samples
}

async function repeated<T>(name: string, measure: () => Promise<T>): Promise<T> {
  for (let repeats = 0; ; repeats++) {
    try {
      return await measure()
    } catch (error) {
      if (repeats === MAX_REPEATS) throw error
      process.stderr.write(`${name}: a turn is repeated: ${String(error).split('\n')[0]}\n`)
    }
  }
}
