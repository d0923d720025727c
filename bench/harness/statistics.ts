/** The median of some samples, and their quartiles: half of all samples lie between those. */
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
 * `ours` divided by `theirs`, turn by turn. A disturbance of one turn usually affects the other turn of the
 * round too, and so cancels out in the ratio.
 */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.flatMap((value, round) => {
    const other = theirs[round]
    return other === undefined ? [] : [value / other]
  })
}
