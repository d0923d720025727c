/**
 * How much is measured. `trial`: each benchmark once on tiny input, to see that it works; its figures mean
 * nothing. `quick`: all of them in under five minutes. `full`: the scale of the figures in
 * `docs/performance/`.
 */
export interface Scale {
  name: 'trial' | 'quick' | 'full'
  /** The number of turns of each contestant. */
  rounds: number
  /** The part of the full amount (bytes, messages, clients) in one turn, from 0 to 1. */
  amount: number
}

export const SCALES: Readonly<Record<Scale['name'], Scale>> = {
  trial: { name: 'trial', rounds: 1, amount: 0.002 },
  quick: { name: 'quick', rounds: 3, amount: 0.1 },
  full: { name: 'full', rounds: 9, amount: 1 },
}

/** That part of `full`, at least `least`. */
export function part(scale: Scale, full: number, least = 1): number {
  return Math.max(least, Math.round(full * scale.amount))
}
