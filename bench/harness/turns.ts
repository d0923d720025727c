/** One of those who are measured against each other. */
export interface Contestant<T> {
  name: string
  measure: (round: number) => Promise<T>
}

/**
 * Measures all of them turn by turn, A B C A B C …, and gives the samples of each, a sample per round.
 *
 * The first round is not kept: it warms up compilers, caches and windows of flow control. With `rounds` 1 (a trial) it is.
 */
export async function takeTurns<T>(
  contestants: readonly Contestant<T>[],
  rounds: number,
): Promise<Map<string, T[]>> {
  const samples = new Map<string, T[]>(contestants.map(({ name }) => [name, []]))
  const warmUps = rounds > 1 ? 1 : 0
  for (let round = 0; round < rounds + warmUps; round++) {
    for (const { name, measure } of contestants) {
      const sample = await measure(round)
      if (round >= warmUps) samples.get(name)?.push(sample)
    }
  }
  return samples
}
