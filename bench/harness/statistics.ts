/** The middle of some samples, and the quartiles around it: half of all samples lie between them. */
export interface Spread {
  median: number
  low: number
  high: number
}

/**
 * The value below which that part (0 to 1) of the samples lies, interpolated between neighbours. NaN without
 * samples.
 */
export function quantile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const place = (sorted.length - 1) * part
  const below = sorted[Math.floor(place)] ?? NaN
  const above = sorted[Math.ceil(place)] ?? NaN
  return below + (above - below) * (place - Math.floor(place))
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5)
}

export function spread(samples: readonly number[]): Spread {
  return { median: median(samples), low: quantile(samples, 0.25), high: quantile(samples, 0.75) }
}

/**
 * `ours` over `theirs`, turn by turn: what the machine does to one turn it most often does to the other of
 * the same round as well, and that goes out of a ratio.
 */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.flatMap((value, round) => {
    const other = theirs[round]
    return other === undefined ? [] : [value / other]
  })
}
